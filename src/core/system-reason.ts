const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EEXIST: 'it exists already',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is no directory',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EFBIG: 'the file system there takes no file of this size',
  EDQUOT: 'the quota of this user is used up',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
}

/** `it does not exist`, and so on, of a system error about a file that the message names; of any other error its message. */
export function systemReason(error: unknown): string {
  const code = (error as Readonly<{ code?: string }> | undefined)?.code ?? ''
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error))
}
