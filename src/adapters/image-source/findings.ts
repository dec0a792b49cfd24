export const IMAGE_FINDINGS = {
  IMAGE_IN_USE: {
    severity: 'warn',
    meaning:
      'QEMU has the file of the image open for writing: a guest runs on it. What Anneal reads may be half of a change. A conversion ends with IMAGE_FILE_CHANGED if the guest writes meanwhile.',
    remedy: 'shut the guest down, or read a snapshot or a copy of the image',
  },
} as const
