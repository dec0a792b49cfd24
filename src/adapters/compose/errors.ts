import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const usage = { retry: false, exit: EXIT.usage } as const

/** What can go wrong while Compose files, their neighbours and old descriptions are read or written. */
export const COMPOSE_ERRORS = {
  COMPOSE_FILE_UNREADABLE: {
    ...usage,
    message: 'Cannot read "{file}": {reason}',
    remedy: 'name an existing file that this user can read',
  },
  COMPOSE_FILE_UNWRITABLE: {
    ...usage,
    message: 'Cannot write "{file}": {reason}',
    remedy: 'name an existing directory that this user can write to',
  },
  COMPOSE_FILE_EXISTS: {
    ...usage,
    message: 'Cannot write "{file}": it exists and was not written by this command',
    remedy: 'name another file, or remove this one first',
  },
  ENV_FILE_UNREADABLE: {
    ...refused,
    message: 'Cannot read the environment file "{file}": {reason}',
    remedy: 'create it, correct its path, or mark it `required: false`',
  },

  YAML_SYNTAX: {
    ...refused,
    message: 'Cannot read the YAML: {what}',
    remedy: 'check indentation, quotes and brackets in this line and the line above',
  },
  YAML_DOCUMENTS: {
    ...refused,
    message: 'Cannot read the YAML: a second document begins here',
    remedy:
      'keep one document in a file: remove the line with ---, or put what follows into a file of its own',
  },
  YAML_TOO_LARGE: {
    ...refused,
    message: 'Cannot read the YAML: it has more than {limit} {what}',
    remedy: 'describe the services of one node only; an alias counts each time it is used',
  },
  YAML_DUPLICATE_KEY: {
    ...refused,
    message: 'Cannot read the YAML: the key "{key}" occurs twice in this map, first in line {line}',
    remedy: 'remove one of the two; programs differ in which one they use',
  },
  YAML_KEY: {
    ...refused,
    message: 'Cannot read the YAML: a key here is not plain text',
    remedy: 'write the key as text, in quotes if YAML would read it as something else',
  },
  YAML_ALIAS: {
    ...refused,
    message: 'Cannot read the YAML: the alias "*{name}" {what}',
    remedy: 'define the anchor "&{name}" above its use, on a value that does not contain the alias',
  },
  YAML_MERGE: {
    ...refused,
    message: 'Cannot read the YAML: the value of "<<" is not a map',
    remedy: 'use an alias of a map (`<<: *name`) or a list of such aliases',
  },
  YAML_TAG: {
    ...refused,
    message: 'Cannot read the YAML: the tag "{tag}" has no meaning here',
    remedy: 'remove it; a release is one file, so tags for merging files (!reset, !override) do not apply',
  },
  YAML_VERSION: {
    ...refused,
    message:
      'Cannot read the YAML: it declares YAML {version}, which reads 22:22 and 010 as other numbers than YAML 1.2 does',
    remedy: 'remove the %YAML line',
  },
  YAML_AMBIGUOUS_NUMBER: {
    ...refused,
    message: 'Cannot read an ambiguous number: {what}',
    remedy: '{instead}',
  },

  SCHEMA_UNKNOWN_KEY: {
    ...refused,
    message: 'Cannot use the key "{key}": {where} has no such key',
    remedy: '{hint}',
  },
  SCHEMA_KEY_MISSING: {
    ...refused,
    message: 'Cannot use this map: the key "{key}" is missing',
    remedy: 'add it',
  },
  SCHEMA_VALUE: {
    ...refused,
    message: 'Cannot use this value: expected {expected}, found {found}',
    remedy: 'write {expected}',
  },

  LOCK_IMAGE_UNKNOWN: {
    retry: true,
    exit: EXIT.unavailable,
    message: 'Cannot pin the image "{image}" of {services}: neither this engine nor a registry has it',
    remedy: 'build it (`anneal node build`), correct the name, or log in to its registry',
  },
  RELEASE_HOLDS_SECRETS: {
    ...refused,
    message: 'Cannot use "{file}" as a release: it holds secrets in plain text ({what})',
    remedy:
      'put the secrets into files that only root and the service can read, and grant the files under `secrets:`; list variables that are not secret in x-anneal.publicEnvironment',
  },
  LOCK_MOVES_PATHS: {
    ...usage,
    message:
      'Cannot write the locked file to "{output}": relative paths would point to other files than in "{file}"',
    remedy: 'write it to the directory of the original, or make the paths absolute',
  },
  IMPORT_UNREADABLE: {
    ...usage,
    message: 'Cannot import "{file}": {count} found\n{listing}',
    remedy: 'correct the places in the list',
  },
  IMPORT_UNKNOWN_FORMAT: {
    ...usage,
    message: 'Cannot import "{file}": it is not a fig.yml or Compose file and has no `docker run` line',
    remedy: 'give one of these; to import a single command, write it after `--`',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(COMPOSE_ERRORS)
