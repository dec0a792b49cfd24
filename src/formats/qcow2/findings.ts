export const QCOW2_FINDINGS = {
  QCOW2_CUT_SHORT: {
    severity: 'warn',
    meaning:
      'The qcow2 image names tables that lie beyond the end of its file, which was not fetched or copied to its end. What is there is read; the rest is an error where it is needed.',
    remedy: 'fetch the image again, and compare its checksum with that of who published it',
  },
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
