import { EXIT, errorsOf } from '../core/index.ts'

/** What a use case cannot do, whoever asked for it. */
export const APP_ERRORS = {
  PLATFORM_INVALID: {
    retry: false,
    exit: EXIT.usage,
    message: 'Cannot look for an image for "{platform}": that is no platform',
    remedy: 'write it as OS/ARCHITECTURE[/VARIANT] or as an architecture: linux/arm64, arm64, linux/arm/v7',
  },
  IMAGE_IS_A_CONTAINER: {
    retry: false,
    exit: EXIT.refused,
    message: 'Cannot convert "{image}": it is a container image, which has no disk',
    remedy:
      'make one with --disk ext4, a live image with --live, or take its kernel and ramdisk with --boot-only',
  },
  BOOT_FILE_TOO_LARGE: {
    retry: false,
    exit: EXIT.refused,
    message:
      'Cannot take the {name} of "{image}" ({paths}): it has {sizeBytes} bytes, and the limit is {limitBytes}',
    remedy: 'build the file in the image again: one of this size is damaged, or a sparse file',
  },
  BOOT_FILES_INVALID: {
    retry: false,
    exit: EXIT.refused,
    message: 'Cannot boot machines with what is in "{directory}": {why}',
    remedy:
      'name one directory for each processor, with vmlinuz and initrd in it, as `anneal metal ramdisk` writes them',
  },
  DEPLOY_IMAGE_CLOSED: {
    retry: true,
    exit: EXIT.failed,
    message: 'Cannot read "{image}": it was closed',
    remedy: 'ask for the disk of the machine again',
  },
  DEPLOY_IMAGE_FORM: {
    retry: false,
    exit: EXIT.refused,
    message: 'Cannot deploy "{image}" as {form}: {why}',
    remedy: 'deploy it in its other form, or convert the image again with `anneal image convert`',
  },
  DEPLOY_IMAGE_SET: {
    retry: false,
    exit: EXIT.refused,
    message: 'Cannot use the boot set "{directory}": {why}',
    remedy: 'convert the image again with `anneal image convert --force`',
  },
  BOOT_SET_NOT_LIVE: {
    retry: false,
    exit: EXIT.refused,
    message: 'Cannot push the boot set "{directory}": it is no live image',
    remedy: 'push the image that it was made of: `anneal image push IMAGE`',
  },
  DEPLOY_PIECE_UNKNOWN: {
    retry: false,
    exit: EXIT.refused,
    message: 'Cannot give piece {index} of a disk: it has {count} pieces, counted from 0',
    remedy: 'boot the deploy ramdisk that belongs to this version of the conductor',
  },
  ADOPTED_MISSING: {
    message: 'Cannot adopt container "{container}" as service "{service}": the engine does not know it',
    remedy: 'list the containers with `{engine} ps -a` and name one: --adopt SERVICE=CONTAINER',
    retry: false,
    exit: EXIT.usage,
  },
  NOTHING_TO_IMPORT: {
    message: 'Cannot import running containers: {engine} runs no libvirt, Nova or Neutron',
    remedy: 'name the containers: `anneal node import --running CONTAINER …`',
    retry: false,
    exit: EXIT.usage,
  },
  CONTAINER_NOT_RUNNING: {
    message: 'Cannot import container "{name}": {engine} runs {running}',
    remedy: 'name one of these, or start it first',
    retry: false,
    exit: EXIT.usage,
  },
  NOTHING_TO_ADOPT: {
    message: 'Cannot adopt a node: no running container is called as a service of the release ({services})',
    remedy:
      'name each container: --adopt SERVICE=CONTAINER; or write the release with `anneal node import --running`',
    retry: false,
    exit: EXIT.usage,
  },
  ALREADY_MANAGED: {
    message: 'Cannot adopt a node: Anneal runs release {release} on it already',
    remedy: 'switch to another release with `anneal node upgrade FILE`, or give the node back first',
    retry: false,
    exit: EXIT.refused,
  },
  NOTHING_ADOPTED: {
    message: 'Cannot give the node back: no take-over from other containers is on file in {where}',
    remedy: 'nothing was there before the first release; stop its services with `anneal node stop`',
    retry: false,
    exit: EXIT.refused,
  },
  GIVE_BACK_IMPOSSIBLE: {
    message: 'Cannot give the node back: {why}',
    remedy:
      'create a missing container again under its name with the tool that made it, without starting it (`docker compose up --no-start SERVICE` where Compose made it); move or end the guests that need a service',
    retry: false,
    exit: EXIT.refused,
  },
  CONTAINER_UNKNOWN: {
    message:
      'Cannot say who would die with container "{container}": {engine} has no such container; it has {present}',
    remedy:
      'name a container that is there; if it belongs to another engine, give --engine docker, podman or containerd',
    retry: false,
    exit: EXIT.usage,
  },
  NOTHING_DEPLOYED: {
    message: 'Cannot {action}: no release of this node is on file in {where}',
    remedy: 'deploy one with `anneal node upgrade FILE`, or name the directory of its state with --state',
    retry: false,
    exit: EXIT.refused,
  },
  NOT_ROOT: {
    message: 'Cannot {action}: it needs root and runs as user {uid}',
    remedy: 'run it with sudo; only root can read the processes and cgroups of other users',
    retry: false,
    exit: EXIT.unavailable,
  },
  ENGINE_AMBIGUOUS: {
    message: 'Cannot choose a container engine: both Docker and Podman are installed',
    remedy:
      'choose one: --engine docker or --engine podman, or for every command `engine: docker` in /etc/anneal/config.yaml',
    retry: false,
    exit: EXIT.unavailable,
  },
  NO_ENGINE: {
    message: 'Cannot choose a container engine: {why}',
    remedy: 'install docker.io or podman; for the pods of containerd start it, or name its socket',
    retry: false,
    exit: EXIT.unavailable,
  },
  NO_PREVIOUS_RELEASE: {
    message: 'Cannot roll back: this node has no previous release',
    remedy: 'upgrade to the release you want instead: `anneal node upgrade FILE`',
    retry: false,
    exit: EXIT.refused,
  },
  ADOPTED_GONE: {
    message: 'Cannot roll back to the adopted containers: container "{container}" is gone',
    remedy:
      'only the tool that made an adopted container can make it again: create it under its name, without starting it (`docker compose up --no-start SERVICE` where Compose made it), or upgrade to another release',
    retry: false,
    exit: EXIT.refused,
  },
  SERVICE_UNKNOWN: {
    message: 'Cannot {action} service "{service}": the current release has {services}',
    remedy: 'name one of these',
    retry: false,
    exit: EXIT.usage,
  },
  FILE_EXISTS: {
    message: 'Cannot write "{file}": {kind} exists already',
    remedy: 'name another file with --output; --force replaces files, but no directories or devices',
    retry: false,
    exit: EXIT.refused,
  },
  FILE_UNWRITABLE: {
    message: 'Cannot write "{file}": {why}',
    remedy: 'name another file with --output, in a directory that exists, or free space',
    retry: false,
    exit: EXIT.failed,
  },
  IMAGE_HAS_NO: {
    message: 'Cannot find "{role}:" in "{image}": {reason}',
    remedy: 'name the file system by its address; `anneal image inspect` lists them',
    retry: false,
    exit: EXIT.refused,
  },
  IMAGE_PATH_NOT_A_FILE: {
    message: 'Cannot read "{path}": it is a {kind}',
    remedy: 'name a regular file; `anneal image ls` lists them',
    retry: false,
    exit: EXIT.usage,
  },
} as const

export const raise = errorsOf(APP_ERRORS)
