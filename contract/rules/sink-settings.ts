import { connectorKeys, lookUp } from '../../connectors/settings/connector-keys.ts';
import { valueProblem } from '../../connectors/settings/setting-value.ts';
import { isByReference } from '../../core/reference.ts';
import { createScrub } from '../../core/scrub.ts';
import { isSecretName } from '../../core/secret-names.ts';
import { nearest } from '../../pipeline/did-you-mean.ts';
import { sinkRule } from '../rule.ts';

const settingUnknown = sinkRule({
  id: 'SETTING_UNKNOWN',
  what: 'Every setting of the sink is one that the connector, Connect, a Kafka client, a transform or a converter knows.',
  why: 'Connect ignores what it does not know: the setting that was meant keeps its default.',
  *check({ config, at, isWritten }) {
    const keys = connectorKeys();
    for (const key of Object.keys(config)) {
      const found = lookUp(keys, config, key);
      // Of our own transforms and converters one is unknown only where the definition names others, and those have rules.
      if (found.known || (/^transforms\.|\.converter\./.test(key) && !isWritten(key))) continue;
      const guess = nearest(key, found.candidates);
      yield {
        ...at(key),
        message: `"${key}" is no setting of ${found.owner}${guess === undefined ? '' : `; did you mean "${guess}"?`}`,
        remedy: guess === undefined ? 'remove it' : `write ${guess}`,
      };
    }
  },
});

const settingValue = sinkRule({
  id: 'SETTING_VALUE',
  what: "Every setting's value is of its type, within its bounds, and one of its words where it has words.",
  why: "The worker refuses the configuration, or, since it does not check the sink's own words, accepts it and every task fails.",
  *check({ config, at }) {
    const keys = connectorKeys();
    for (const [key, value] of Object.entries(config)) {
      const found = lookUp(keys, config, key);
      const problem = found.known && found.definition ? valueProblem(keys, found.definition, value) : undefined;
      if (problem === undefined) continue;
      yield {
        ...at(key),
        message: `${key} ${problem}`,
        remedy: 'correct the value, or remove the setting to keep the default',
      };
    }
  },
});

/** What output hides in the middle of a text: a login in a URL, a password in a list of parameters. */
const scrub = createScrub();
const URL_WITH_USER = /[?&;](user|username)=/i;
const holdsLogin = (value: string): boolean => scrub(value) !== value || URL_WITH_USER.test(value);

const secretReference = sinkRule({
  id: 'SECRET_REFERENCE',
  what: 'Every setting of type PASSWORD, or with the name of a secret, is a reference that the worker resolves, and no other value holds a login.',
  why: "The secret would stand in git, in Connect's config topic and in the answers of its REST API.",
  *check({ config, at }) {
    const keys = connectorKeys();
    for (const [key, value] of Object.entries(config)) {
      const found = lookUp(keys, config, key);
      const isNamed = isSecretName(key) || (found.known && found.definition?.type === 'PASSWORD');
      const isSecret = isNamed && value !== '' && !isByReference(value);
      if (!isSecret && (isNamed || !holdsLogin(value))) continue;
      yield {
        ...at(key),
        message: isSecret ? `${key} is a secret in plain text` : `${key} holds a login in plain text`,
        remedy: key.includes('.converter.')
          ? 'remove it, and say by worker.registryAuth and worker.registryTls in connect.yaml how the converter logs in to the registry'
          : 'write a reference that the worker resolves, to an environment variable for example; user and password have settings of their own',
      };
    }
  },
});

/** Every setting of the sink by itself. */
export const sinkSettingRules = [settingUnknown, settingValue, secretReference];
