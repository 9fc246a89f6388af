/** What must hold of single files before anything is compared; documented like the other rules. */
export const FILE_RULES = {
  DEFINITION_INVALID: {
    what: 'connect.yaml and the definitions fit their JSON Schemas and hold no secret in plain text.',
    why: 'No command runs with them.',
    remedy: 'correct the file; editors complete and check it with the JSON Schemas in pipeline/',
  },
  FILE_INVALID: {
    what: 'Every .avsc, .proto and migration file that is named can be read.',
    why: 'Nothing can be proved of a file that does not parse.',
    remedy: 'correct the file',
  },
  MIGRATION_FAILS: {
    what: 'Every statement of every migration runs on an empty database.',
    why: 'No database can be migrated.',
    remedy: 'correct the statement: no database can be migrated with it',
  },
} as const;
