import { SESv2Client, SendEmailCommand } from "@aws-sdk/client-sesv2";
import { createTransport, type Transporter } from "nodemailer";

/**
 * Amazon SES with the pod identity.
 *
 * A separate file, so that it is loaded with the first mail. The SDK cannot be imported lazily in the bundle, because
 * it is CommonJS and loses its names.
 *
 * @see https://nodemailer.com/transports/ses
 */
export function sesTransport(region: string): Transporter {
  return createTransport({ SES: { sesClient: new SESv2Client({ region }), SendEmailCommand } });
}
