/**
 * Boot Loader Specification (UAPI.1), type 1: one text file an entry below /loader/entries. Keys may come in any order;
 * lines that begin with `#` are comments; unknown keys are kept out.
 */
export type BlsLine = Readonly<{ line: number; text: string }>

export type BlsEntry = Readonly<{
  /** With `.conf`, and with the boot counter if it has one. */
  fileName: string
  /** The file name without `.conf` and without the boot counter. */
  id: string
  /** Boot counting: undefined where the name has no counter. */
  triesLeft?: number
  triesDone?: number
  /** Of a unified kernel image with several profiles: which one. */
  profile?: number
  title: string
  version: string
  machineId: string
  sortKey: string
  architecture: string
  linux?: BlsLine
  initrds: readonly BlsLine[]
  options: readonly BlsLine[]
  devicetree?: BlsLine
  /** An EFI program instead of a kernel. */
  efi?: BlsLine
  /** A unified kernel image, and where one is fetched from. */
  uki?: BlsLine
  ukiUrl?: BlsLine
  /** Credentials and extensions that a unified kernel image is given. */
  extras: readonly BlsLine[]
}>

const KEYS = ['title', 'version', 'machine-id', 'sort-key', 'architecture'] as const

export function parseBlsEntry(fileName: string, text: string): BlsEntry {
  const lines = text.split('\n').flatMap((raw, index) => {
    const [, key, value] = /^[ \t]*([^ \t#][^ \t]*)[ \t]+(.*?)[ \t\r]*$/.exec(raw) ?? []
    return key === undefined || value === undefined || value === ''
      ? []
      : [{ key, line: index + 1, text: value }]
  })
  const all = (key: string): readonly BlsLine[] =>
    lines.filter((one) => one.key === key).map(({ line, text: value }) => ({ line, text: value }))
  const last = (key: string): BlsLine | undefined => all(key).at(-1)
  const [title, version, machineId, sortKey, architecture] = KEYS.map((key) => last(key)?.text ?? '')
  const linux = last('linux')
  const devicetree = last('devicetree')
  const [efi, uki, ukiUrl] = [last('efi'), last('uki'), last('uki-url')]
  const profile = all('profile').findLast(({ text: value }) => /^\d{1,9}$/.test(value))
  return {
    fileName,
    ...parseBlsFileName(fileName),
    title: title ?? '',
    version: version ?? '',
    machineId: machineId ?? '',
    sortKey: sortKey ?? '',
    architecture: architecture ?? '',
    initrds: all('initrd'),
    options: all('options'),
    extras: all('extra'),
    ...(profile && { profile: Number(profile.text) }),
    ...(linux && { linux }),
    ...(devicetree && { devicetree }),
    ...(efi && { efi }),
    ...(uki && { uki }),
    ...(ukiUrl && { ukiUrl }),
  }
}

/** `name+3-1.conf`: 3 tries left, 1 done; `name+0.conf` is a bad entry. */
export function parseBlsFileName(fileName: string): Pick<BlsEntry, 'id' | 'triesLeft' | 'triesDone'> {
  const name = fileName.replace(/\.conf$/i, '')
  const [, id, left, done] = /^(.+)\+(\d{1,9})(?:-(\d{1,9}))?$/.exec(name) ?? []
  if (id === undefined || left === undefined) return { id: name }
  return { id, triesLeft: Number(left), triesDone: Number(done ?? 0) }
}
