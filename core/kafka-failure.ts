import { causesOf } from './errors.ts';

/** Why a broker refused the login; undefined when that is not what happened. */
export const loginRefusal = (error: unknown): string | undefined =>
  causesOf(error).find(({ name, message }) => /SASLAuthentication|ILLEGAL_SASL_STATE/.test(`${name} ${message}`))
    ?.message;

/** OpenSSL's and Node's names for what is wrong with a certificate, ours or the broker's. */
const CERTIFICATE_CODES = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ERR_SSL|CRL/;

/** What is wrong with a certificate; undefined when that is not what happened. */
export const untrustedCertificate = (error: unknown): string | undefined =>
  causesOf(error).find((one) => CERTIFICATE_CODES.test(String((one as NodeJS.ErrnoException).code ?? '')))?.message;
