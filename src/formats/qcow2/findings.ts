export const QCOW2_FINDINGS = {
  QCOW2_CUT_SHORT: {
    severity: 'warn',
    meaning:
      'The qcow2 image refers to tables beyond the end of its file: it was not downloaded or copied completely. Anneal reads the existing part, and fails if it needs the rest.',
    remedy: 'download the image again, and compare its checksum with the published one',
  },
  QCOW2_DIRTY: {
    severity: 'warn',
    meaning:
      'The qcow2 image was not closed cleanly: its reference counts may be wrong. Anneal does not use them, so it reads the right data.',
    remedy: 'check that nobody writes to it; `qemu-img check -r all` repairs the counts',
  },
  QCOW2_SNAPSHOTS: {
    severity: 'info',
    meaning: 'The qcow2 image has internal snapshots. Anneal reads the current state of the disk.',
    remedy: 'to read a snapshot, extract it with `qemu-img convert -l SNAPSHOT`',
  },
} as const
