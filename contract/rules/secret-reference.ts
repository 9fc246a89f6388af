import { connectorKeys, lookUp } from '../../connectors/settings/connector-keys.ts';
import { isReference } from '../../core/reference.ts';
import { sinkRule } from '../rule.ts';

const URL_WITH_LOGIN = /:\/\/[^/?#\s]*@|[?&;](user|username|password|passwd|pwd|sslpassword|token|secret)=/i;

export const secretReference = sinkRule({
  id: 'SECRET_REFERENCE',
  what: 'Every setting of type PASSWORD is a reference that the worker resolves, and no URL holds credentials.',
  why: "The secret would stand in git, in Connect's config topic and in the answers of its REST API.",
  *check({ config, at }) {
    const keys = connectorKeys();
    for (const [key, value] of Object.entries(config)) {
      const found = lookUp(keys, config, key);
      const isSecret = found.known && found.definition?.type === 'PASSWORD' && value !== '' && !isReference(value);
      if (!isSecret && !(key !== 'connection.password' && URL_WITH_LOGIN.test(value))) continue;
      yield {
        ...at(key),
        message: isSecret ? `${key} is a secret in plain text` : `${key} is a URL that holds credentials`,
        remedy:
          'write a reference that the worker resolves, to an environment variable for example; user and password have settings of their own',
      };
    }
  },
});
