import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

/** Everything that can be wrong with a release. Several of these are listed in one RELEASE_INVALID. */
export const RELEASE_ERRORS = {
  RELEASE_INVALID: {
    ...refused,
    message: 'Cannot read the release "{file}": {count} found\n{listing}',
    remedy: 'correct the places in the list; nothing was changed',
  },
  RELEASE_UNPINNED: {
    ...refused,
    message: 'Cannot use the release: the images of {services} are not pinned by digest',
    remedy: 'run `anneal node lock {file}` and use the file that it writes',
  },

  INTERPOLATION_SYNTAX: {
    ...refused,
    message: 'Cannot read the variables of this text: character {column} does not start a variable',
    remedy:
      'write $$ for a dollar sign; write a variable as $NAME, or in braces with an optional :-default, :?message or :+other',
  },
  VARIABLE_MISSING: {
    ...refused,
    message: 'Cannot replace the variable "{name}": it is not set',
    remedy: 'set {name} in the environment or in the .env file beside the Compose file, or write {instead}',
  },
  VARIABLE_REQUIRED: {
    ...refused,
    message: 'Cannot replace the variable "{name}": it is not set, and the file requires it: {reason}',
    remedy: 'set {name} in the environment or in the .env file beside the Compose file',
  },
  VALUE_TOO_LONG: {
    ...refused,
    message: 'Cannot use this text: with its variables replaced it is longer than {limit} characters',
    remedy: 'put the text into a file and grant the file to the service as a config or secret',
  },
  ENV_FILE_SYNTAX: {
    ...refused,
    message:
      'Cannot read the environment file "{file}": line {line} is not NAME=value, or its quotes do not close',
    remedy: 'correct this line; put values with spaces or # in quotes',
  },
  COMMAND_SYNTAX: {
    ...refused,
    message: 'Cannot split the command into words: it has {what}',
    remedy: 'write the command as a list with one word per item',
  },
  COMMAND_AMBIGUOUS: {
    ...refused,
    message:
      'Cannot split the command into words: it has {what}, which Compose v2, Compose v1 and a shell read in different ways',
    remedy:
      'write the command as a list with one word per item; if a shell is to read it, ["sh", "-c", "the command"]',
  },

  SERVICES_MISSING: {
    ...refused,
    message: 'Cannot use the file as a release: it has no services',
    remedy: 'add at least one service under `services:`',
  },
  NAME_MISSING: {
    ...refused,
    message: 'Cannot use the file as a release: it has no `name`',
    remedy:
      'add `name: compute` (or another name) at the top. Containers are named after it; Compose would use the directory instead, which differs between machines',
  },
  NAME_INVALID: {
    ...refused,
    exit: EXIT.usage,
    message: 'Cannot use "{name}" as a project name: only lower-case letters, digits, - and _ are allowed',
    remedy: 'start with a letter or digit, and use at most 63 characters',
  },
  VALUE_INVALID: {
    ...refused,
    message: 'Cannot read "{key}": it is not {expected}',
    remedy: 'write {example}',
  },
  UNSUPPORTED: {
    ...refused,
    message: 'Cannot support "{key}": {why}',
    remedy: '{instead}',
  },
  IMAGE_MISSING: {
    ...refused,
    message: 'Cannot use the service "{service}": it names no image',
    remedy:
      'build the image first (`anneal node build`, `docker compose build`) and name it under `image:`; a release does not build images',
  },
  IMAGE_INVALID: {
    ...refused,
    message: 'Cannot use "{image}" as an image: it is not a valid reference',
    remedy: 'write [registry/]name[:tag], name@sha256:… with 64 hex digits, or an image id sha256:…',
  },
  VOLUME_INVALID: {
    ...refused,
    message: 'Cannot read the volume: {what}',
    remedy:
      'write /host/path:/container/path[:ro], name:/container/path, or the long form (type, source, target)',
  },
  VOLUME_ANONYMOUS: {
    ...refused,
    message: 'Cannot mount an anonymous volume at "{target}": every release would get a new, empty one',
    remedy: 'name it (data:{target}, declared under the top-level `volumes`) or bind a host directory',
  },
  VOLUME_UNDECLARED: {
    ...refused,
    message: 'Cannot mount the volume "{name}": it is not declared',
    remedy:
      'add `volumes: {{name}: }` at the top level, or start the source with / or ./ to bind a host path',
  },
  VOLUME_SOURCE_INVALID: {
    ...refused,
    message: 'Cannot mount "{source}": it is neither a path that begins with / or ./ nor a volume name',
    remedy: 'write {instead}',
  },
  MOUNT_TWICE: {
    ...refused,
    message: 'Cannot mount at "{target}": two mounts, secrets or configs of this service have this target',
    remedy: 'keep one of them',
  },
  PORT_INVALID: {
    ...refused,
    message: 'Cannot read the port: {what}',
    remedy: 'write "[address:][host port:]container port[/udp]" in quotes',
  },
  GRANT_UNDECLARED: {
    ...refused,
    message: 'Cannot grant the {kind} "{name}": it is not declared',
    remedy: 'add it with a `file:` under the top-level `{kind}s`',
  },
  GRANT_NO_FILE: {
    ...refused,
    message: 'Cannot use the {kind} "{name}": a {kind} must be a file',
    remedy: 'write its content to a file that only root can read, and name the file under `file:`',
  },
  DEPENDENCY_UNKNOWN: {
    ...refused,
    message: 'Cannot order the services: "{service}" depends on "{dependency}", which does not exist',
    remedy: 'correct the name, or remove it from depends_on',
  },
  DEPENDENCY_CYCLE: {
    ...refused,
    message: 'Cannot order the services: {cycle}',
    remedy: 'remove one of these dependencies',
  },
  DEPENDENCY_NEVER_HEALTHY: {
    ...refused,
    message:
      'Cannot wait for "{dependency}" to be healthy: it has no healthcheck and no x-anneal.ready probe',
    remedy: 'add one of them, or depend on service_started',
  },
  ORDER_CONTRADICTS: {
    ...refused,
    message:
      'Cannot order the services: "{service}" (order {order}) depends on "{dependency}" (order {dependencyOrder}), which starts later',
    remedy: 'give the dependency a lower order, or remove `order` and use depends_on alone',
  },
  LABEL_RESERVED: {
    ...refused,
    message: 'Cannot set the label "{label}": labels that start with io.anneal belong to Anneal',
    remedy: 'choose another name',
  },
  LABEL_OF_COMPOSE: {
    ...refused,
    message:
      'Cannot set the label "{label}": Compose takes every container with it for one of its own, and `down`, `stop` or `up` there would stop or remove it',
    remedy: 'remove the labels that start with com.docker.compose or io.podman.compose from the release',
  },
  LIBVIRT_SERVICE_UNKNOWN: {
    ...refused,
    message: 'Cannot find libvirt: x-anneal.libvirt names the service "{service}", which does not exist',
    remedy: 'name the service that runs libvirtd',
  },
  LIBVIRT_NOT_DECLARED: {
    ...refused,
    message: 'Cannot use a libvirt probe: the file does not name the service that runs libvirt',
    remedy: 'add `x-anneal: {libvirt: {service: NAME}}` at the top level',
  },

  IMPORT_FLAG_UNKNOWN: {
    ...refused,
    exit: EXIT.usage,
    message:
      'Cannot import the command in line {line}: it has the option "{flag}", which neither `docker run` nor `podman run` knows',
    remedy: 'correct or remove the option; options come before the image',
  },
  IMPORT_FLAG_VALUE: {
    ...refused,
    exit: EXIT.usage,
    message: 'Cannot import the command in line {line}: the value of the option "{flag}" {what}',
    remedy: 'correct the option',
  },
  IMPORT_IMAGE_MISSING: {
    ...refused,
    exit: EXIT.usage,
    message: 'Cannot import the command in line {line}: it names no image',
    remedy: 'give the whole command: docker run [options] image [command]',
  },
  IMPORT_SHELL: {
    ...refused,
    exit: EXIT.usage,
    message: 'Cannot import the command in line {line}: it has {what}, which only a shell can evaluate',
    remedy: 'write the value itself, or a plain variable ($NAME) that is in the .env file',
  },
  IMPORT_NO_COMMAND: {
    ...refused,
    exit: EXIT.usage,
    message:
      'Cannot import {given}: that is no `docker run`, `docker create`, `podman run` or `podman create`',
    remedy: 'give the command that starts the container',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(RELEASE_ERRORS)
