-- Written from stack/settings by scripts/docker-files.mjs; a test compares them.
SET log_min_error_statement = 'panic';
DO $$ BEGIN CREATE ROLE perps_owner; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE perps_sink; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE perps_worker; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE perps_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE perps_viewer; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT perps_sink TO perps_worker;
GRANT perps_reader TO perps_viewer;
\getenv password PERPS_WORKER_PASSWORD
ALTER ROLE perps_worker LOGIN PASSWORD :'password';
\getenv password PERPS_VIEWER_PASSWORD
ALTER ROLE perps_viewer LOGIN PASSWORD :'password';
