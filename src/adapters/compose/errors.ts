import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const usage = { retry: false, exit: EXIT.usage } as const

/** What can go wrong while Compose files, their neighbours and old descriptions are read or written. */
export const COMPOSE_ERRORS = {
  COMPOSE_FILE_UNREADABLE: {
    ...usage,
    message: 'Cannot read "{file}": {reason}',
    remedy: 'name a file that exists and that this user may read',
  },
  COMPOSE_FILE_UNWRITABLE: {
    ...usage,
    message: 'Cannot write "{file}": {reason}',
    remedy: 'name a directory that exists and that this user may write to',
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
    remedy:
      'look at this place and the line above: indentation, quotes and brackets are what most often goes wrong',
  },
  YAML_TOO_LARGE: {
    ...refused,
    message: 'Cannot read the YAML: it has more than {limit} {what}',
    remedy: 'describe one node’s services only; aliases count each time they are used',
  },
  YAML_DUPLICATE_KEY: {
    ...refused,
    message: 'Cannot read the YAML: the key "{key}" stands twice in this map, first in line {line}',
    remedy: 'keep one of the two; readers differ in which of them they would take',
  },
  YAML_KEY: {
    ...refused,
    message: 'Cannot read the YAML: a key here is no plain text',
    remedy: 'write the key as a text, in quotes where it would be read as null',
  },
  YAML_ALIAS: {
    ...refused,
    message: 'Cannot read the YAML: the alias "*{name}" {what}',
    remedy: 'define the anchor "&{name}" above its use, on a value that does not contain the alias',
  },
  YAML_MERGE: {
    ...refused,
    message: 'Cannot read the YAML: what "<<" merges is no map',
    remedy: 'merge an alias of a map (`<<: *name`) or a list of such',
  },
  YAML_TAG: {
    ...refused,
    message: 'Cannot read the YAML: the tag "{tag}" has no meaning here',
    remedy:
      'remove it; tags for merging several files (!reset, !override) do not apply to the one file of a release',
  },
  YAML_VERSION: {
    ...refused,
    message:
      'Cannot read the YAML: it declares YAML {version}, where 22:22 and 010 are other numbers than in YAML 1.2',
    remedy: 'remove the %YAML line',
  },
  YAML_AMBIGUOUS_NUMBER: {
    ...refused,
    message: 'Cannot tell what is meant here: {what}',
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
      'put them into files that only root and the service may read, and grant those under `secrets:`; name variables that are no secrets in x-anneal.publicEnvironment',
  },
  LOCK_MOVES_PATHS: {
    ...usage,
    message:
      'Cannot write the locked file to "{output}": relative paths in it would mean other files than in "{file}"',
    remedy: 'write it to the same directory, or make the paths absolute',
  },
  IMPORT_UNKNOWN_FORMAT: {
    ...usage,
    message:
      'Cannot import "{file}": it is neither a fig.yml, nor a Compose file, nor has it a `docker run` line',
    remedy: 'give one of these; a single command goes on the command line after `--`',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(COMPOSE_ERRORS)
