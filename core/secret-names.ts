/**
 * The one list of what secrets are called: settings, YAML keys, variables, JSON keys, headers. Key material and headers are among them,
 * because Kafka and the converters take them as PASSWORD.
 */
const SECRET_NAME =
  /passw|passphrase|pwd|secret|token|credential|jaas|(?:api|private|access)[-_.]?key|authorization|cookie|user[-_.]?info|ssl\.keystore\.(?:key|certificate\.chain)|ssl\.truststore\.certificates|request\.headers?\./i;

/** What only tells where a secret is, how it is read or that it was refused, by the last word of the name. */
const ABOUT_SECRETS = /[-_.](?:arn|class|endpoint|endpoint[-_.]url|expiration|file|id|location|path|source)$/i;
const ABOUT_SECRETS_CAMEL = /[a-z](?:Arn|Class|Endpoint|Error|Exception|File|Id|Location|Path|Source)$/;

/** A config provider is named after what it reads (`config.providers.secretsmanager.class`): only its own settings are secrets. */
const PROVIDER_NAME = /^config\.providers\.[^.]+\./;

/** Whether a setting or variable holds a secret, by its name. */
export const isSecretName = (name: string): boolean => {
  const own = name.replace(PROVIDER_NAME, '');
  return SECRET_NAME.test(own) && !ABOUT_SECRETS.test(own) && !ABOUT_SECRETS_CAMEL.test(own);
};

/** What records call a coin. A token with any other word in its name lets somebody in: `access_token`. */
const COIN = /^(?:(?:base|quote|collateral|index|long|short)_?)?token$/i;
const LOGIN = /auth|access|bearer|refresh|session|security/i;

/** Whether a value of our own output is a secret, by its key. `coins`: fields of the project's streams, which may be called anything. */
export const isSecretKey = (key: string, coins?: ReadonlySet<string>): boolean =>
  isSecretName(key) && !key.includes(':') && !COIN.test(key) && !(coins?.has(key) && !LOGIN.test(key));
