import type { FastifyRequest } from "fastify";
import { fieldOf } from "./body.js";

/** A value of the address's query; empty when it is missing, the last one when it is repeated. */
export function queryOf(request: FastifyRequest, name: string): string {
  return fieldOf(request.query, name);
}
