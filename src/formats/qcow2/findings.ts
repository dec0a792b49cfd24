export const QCOW2_FINDINGS = {
  QCOW2_DIRTY: {
    severity: 'warn',
    meaning:
      'The qcow2 image was not closed cleanly: its reference counts may be stale. Reading does not use them, so what is read is right.',
    remedy: 'make sure that nobody is writing to it; `qemu-img check -r all` mends the counts',
  },
  QCOW2_SNAPSHOTS: {
    severity: 'info',
    meaning:
      'The qcow2 image has internal snapshots: the state of the disk now is read, the snapshots are not.',
    remedy: 'to read a snapshot, take it out with `qemu-img convert -l SNAPSHOT`',
  },
} as const
