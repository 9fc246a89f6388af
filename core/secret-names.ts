const SECRET_NAME = /passw|passphrase|pwd|secret|token|credential|jaas|api[-_.]?key|private[-_.]?key|access[-_.]?key/i;

/** A config provider is named after what it reads (`config.providers.secretsmanager.class`): only its own settings are secrets. */
const PROVIDER_NAME = /^config\.providers\.[^.]+\./;

/** Whether a setting or variable holds a secret, by its name. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name.replace(PROVIDER_NAME, ''));

// Kafka's PASSWORD settings whose names do not tell.
const KEY_MATERIAL = /ssl\.(keystore\.(key|certificate\.chain)|truststore\.certificates)$|user\.info$/;

/** Whether a connector's setting holds a secret, by its name: every setting that the pinned parts call a PASSWORD, and more. */
export const isSecretSettingName = (name: string): boolean => isSecretName(name) || KEY_MATERIAL.test(name);

const OWNED_TOKEN = /(?:auth|access|bearer|refresh|session|security)[\w.-]{0,40}token/i;

/** Whether a token is one that lets somebody in: `bearerToken`. A token alone is a coin. */
export const isLoginToken = (key: string): boolean => OWNED_TOKEN.test(key);

/** Whether a value of our own JSON output is a secret, by its key. An ARN only names a secret, and a record's token is a coin. */
export const isSecretOutputKey = (key: string): boolean =>
  isSecretName(key) && !/arn$|:/i.test(key) && (isLoginToken(key) || !/^[a-z_]*token[a-z_]*$/i.test(key));
