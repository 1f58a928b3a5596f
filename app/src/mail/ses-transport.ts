import { SESv2Client, SendEmailCommand } from "@aws-sdk/client-sesv2";
import { createTransport, type Transporter } from "nodemailer";

/**
 * Amazon SES with the credentials of the pod.
 *
 * A file of its own, so that it is loaded with the first mail. Loading the SDK itself that late does not survive the
 * bundle: it is CommonJS, and has no names then.
 *
 * @see https://nodemailer.com/transports/ses
 */
export function sesTransport(region: string): Transporter {
  return createTransport({ SES: { sesClient: new SESv2Client({ region }), SendEmailCommand } });
}
