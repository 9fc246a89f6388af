const SECRET_NAME = /passw|passphrase|pwd|secret|token|credential|jaas|api[-_.]?key|private[-_.]?key|access[-_.]?key/i;

/** A config provider is named after what it reads (`config.providers.secretsmanager.class`): only its own settings are secrets. */
const PROVIDER_NAME = /^config\.providers\.[^.]+\./;

/** Whether a setting or variable holds a secret, by its name. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name.replace(PROVIDER_NAME, ''));

// Kafka's PASSWORD settings whose names do not tell.
const KEY_MATERIAL = /ssl\.(keystore\.(key|certificate\.chain)|truststore\.certificates)$|user\.info$/;

/** Whether a connector's setting holds a secret, by its name: every setting that the pinned parts call a PASSWORD, and more. */
export const isSecretSettingName = (name: string): boolean => isSecretName(name) || KEY_MATERIAL.test(name);

/** Whether a value of our own JSON output is a secret, by its key. An ARN only names a secret, and a record's token is a coin. */
export const isSecretOutputKey = (key: string): boolean =>
  isSecretName(key) && !/arn$|:|^[a-z_]*token[a-z_]*$/i.test(key);
