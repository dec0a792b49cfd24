import { findingsOf } from '../../../core/index.ts'
import type { FindingTable } from '../../../core/index.ts'

/** What `anneal node import` changed or could not carry over. What it merely carried is judged by the lint findings. */
export const IMPORT_FINDINGS = {
  SECRET_MOVED: {
    severity: 'refuse',
    meaning:
      'A secret was in the environment. The new file grants it as a file instead; its value was not copied.',
    remedy:
      'write the value into the file (mode 0400, owned by the service’s user) and let the program read it there: by a snippet in its configuration directory, or by the variable NAME_FILE if the image supports that',
  },
  SECRET_REDACTED: {
    severity: 'refuse',
    meaning:
      'A secret was on the command line, in the health check, in a label or in another text. The new file has a variable in its place.',
    remedy: 'let the program read it from a file granted under `secrets:`; then remove the argument',
  },
  SECRET_IN_ENV_FILE: {
    severity: 'refuse',
    meaning: 'An env file has secrets: they become environment variables of the container.',
    remedy: 'move these variables into files granted under `secrets:`',
  },
  SECRET_IN_CONFIG_FILE: {
    severity: 'refuse',
    meaning: 'A file under `configs:` has secrets: every process in the container can read it.',
    remedy: 'grant the file, or its secret part, under `secrets:`',
  },
  KEY_DROPPED: {
    severity: 'warn',
    meaning: 'A key, or a part of its value, has no counterpart in a release and was left out.',
    remedy: 'check that the service works without it',
  },
  SERVICE_RENAMED: {
    severity: 'warn',
    meaning:
      'The name of the container cannot be the name of its service, or another service has it already.',
    remedy: 'correct what refers to the container by its old name',
  },
  LINKS_DROPPED: {
    severity: 'warn',
    meaning: 'Links gave containers names for each other. The new file keeps only their order.',
    remedy: 'use the addresses of the host network in the services’ configuration',
  },
  NETWORK_CHANGED: {
    severity: 'warn',
    meaning: 'The container used a network of the engine, which a release cannot have.',
    remedy: 'write `network_mode: host` for services of a compute node',
  },
  LIBVIRT_DECLARED: {
    severity: 'info',
    meaning: 'The new file names the service that runs libvirt, so that Anneal can check its guests.',
    remedy: 'correct x-anneal.libvirt if another service runs it, or if its socket is elsewhere on the host',
  },
  RESTART_TAKEN_OVER: {
    severity: 'info',
    meaning:
      'The engine did not restart the container: a systemd unit did, or nothing did. The new file says `restart: unless-stopped`.',
    remedy: 'write `restart: "no"` if nothing should start it again after a crash or a reboot',
  },
  VOLUME_WITHOUT_NAME: {
    severity: 'warn',
    meaning:
      'The container has a volume without a name, with data of its own. The new file keeps it under the id that the engine gave it.',
    remedy: 'copy the data to a named volume or a host directory if it has to outlive the old container',
  },
  KERNEL_MOUNT_LEFT_OUT: {
    severity: 'warn',
    meaning:
      'The container has a file system of the kernel mounted (devpts at /dev/pts, as Kolla has with Podman). A release has no mounts of that kind, so it was left out.',
    remedy:
      'with `/dev` of the host bound, the new container has the terminals of the host at /dev/pts. `virsh console` does not reach guests that were started with terminals of the old container',
  },
  LINE_SKIPPED: {
    severity: 'info',
    meaning: 'A line of the script starts no container and was left out.',
    remedy: 'do it before the upgrade, or in the image',
  },
  IMPORT_INCOMPLETE: {
    severity: 'refuse',
    meaning: 'Something was copied unchanged and is not valid in a release.',
    remedy: 'correct it in the new file',
  },
} as const satisfies FindingTable

export const importFinding = findingsOf(IMPORT_FINDINGS)
