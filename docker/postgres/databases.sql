-- Written from stack/settings by scripts/docker-files.mjs; a test compares them.
SET log_min_error_statement = 'panic';
\getenv password PERPS_DATABASE_PASSWORD
CREATE ROLE perps LOGIN PASSWORD :'password';
CREATE DATABASE perps OWNER perps;
\getenv password PERPS_REGISTRY_PASSWORD
CREATE ROLE apicurio LOGIN PASSWORD :'password';
CREATE DATABASE apicurio OWNER apicurio;
