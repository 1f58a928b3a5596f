import { z } from "zod";
import { nameField } from "../forms/form.js";

/** The form of a pad. */
export const padForm = z.object({ name: nameField });
