import { findingsOf } from '../../../core/index.ts'
import type { FindingTable } from '../../../core/index.ts'

/** What `anneal node import` changed or could not carry over. What it merely carried is judged by the lint findings. */
export const IMPORT_FINDINGS = {
  SECRET_MOVED: {
    severity: 'refuse',
    meaning:
      'A secret stood in the environment. The new file grants it as a file instead; the value was not copied.',
    remedy:
      'write the value into the file (mode 0400, owned by the service’s user) and let the program read it from there: a snippet in its configuration directory, or the variable NAME_FILE where the image knows that',
  },
  SECRET_REDACTED: {
    severity: 'refuse',
    meaning:
      'A secret stood on the command line, in the health check, in a label or in another text of the file. The new file asks for a variable in its place.',
    remedy: 'let the program read it from a file granted under `secrets:`; then remove the argument',
  },
  SECRET_IN_ENV_FILE: {
    severity: 'refuse',
    meaning: 'An env file holds secrets: they become environment variables of the container.',
    remedy: 'move these variables into files granted under `secrets:`',
  },
  SECRET_IN_CONFIG_FILE: {
    severity: 'refuse',
    meaning: 'A file that is granted under `configs:` holds secrets: everybody in the container can read it.',
    remedy: 'grant the file, or the part of it that is secret, under `secrets:`',
  },
  KEY_DROPPED: {
    severity: 'warn',
    meaning: 'A key has no counterpart in a release and was left out.',
    remedy: 'see the evidence for what to write instead',
  },
  LINKS_DROPPED: {
    severity: 'warn',
    meaning: 'Links gave containers names for each other. The new file only keeps the order.',
    remedy: 'use the addresses of the host network in the services’ configuration',
  },
  NETWORK_CHANGED: {
    severity: 'warn',
    meaning: 'The container was on a network of the engine, which a release does not use.',
    remedy: 'write `network_mode: host` for services of a compute node',
  },
  LIBVIRT_DECLARED: {
    severity: 'info',
    meaning: 'The new file says which service runs libvirt, so that its guests can be proven.',
    remedy: 'correct x-anneal.libvirt if it is another one, or if its socket is elsewhere on the host',
  },
  LINE_SKIPPED: {
    severity: 'info',
    meaning: 'A line of the script starts no container and was left out.',
    remedy: 'do what it does before the upgrade, or in the image',
  },
  IMPORT_INCOMPLETE: {
    severity: 'refuse',
    meaning: 'Something was carried over as it was and is not valid in a release.',
    remedy: 'correct it in the new file',
  },
} as const satisfies FindingTable

export const importFinding = findingsOf(IMPORT_FINDINGS)
