import { basename } from 'node:path'
import { extractFile, listFiles, openImage, readFile } from '../../app/image/index.ts'
import type { ListedFile } from '../../app/image/index.ts'
import { EXIT } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { raise } from '../errors.ts'
import { OPEN_FLAGS, openOptions } from '../image-flags.ts'
import { printableName } from '../printable.ts'

const ADDRESSES =
  'ADDRESS names a file system: by its place as `anneal image inspect` shows it (p1, atomicos/root), by a device (UUID=…), or by its role. Roles are boot, esp, root (the root file system) and os (the tree that boots; with ostree a deployment). The default is os.'

export const imageLs = command({
  path: ['image', 'ls'],
  summary: 'List a directory of an image',
  operands: 'IMAGE [[ADDRESS:]PATH]',
  count: { min: 1, max: 2 },
  flags: {
    long: {
      kind: 'switch',
      short: 'l',
      help: 'Show mode, owner, size and time of each entry',
      flagOnly: true,
    },
    ...OPEN_FLAGS,
    ...COMMON_FLAGS,
  },
  details: ADDRESSES,
  async run({ flags, args, output, signal }) {
    await using opened = await openImage(args[0] ?? '', openOptions(flags, output, signal))
    const listing = await listFiles(opened, args[1] ?? '/', {
      detail: flags.long || output.json ? 'all' : 'names',
      signal,
    })
    output.data({ schema: 'anneal.image-list/1', ...listing }, () =>
      listing.entries.map((entry) => (flags.long ? longLine(entry) : printableName(entry.name))).join('\n'),
    )
    return EXIT.ok
  },
})

export const imageCat = command({
  path: ['image', 'cat'],
  summary: 'Write a file of an image to standard output',
  operands: 'IMAGE [ADDRESS:]PATH',
  count: { min: 2, max: 2 },
  flags: { ...OPEN_FLAGS, ...COMMON_FLAGS },
  details: ADDRESSES,
  async run({ flags, args, output, signal }) {
    await using opened = await openImage(args[0] ?? '', openOptions(flags, output, signal))
    await output.bytes(readFile(opened, args[1] ?? '', signal))
    return EXIT.ok
  },
})

export const imageExtract = command({
  path: ['image', 'extract'],
  summary: 'Copy a file out of an image',
  operands: 'IMAGE [ADDRESS:]PATH',
  count: { min: 2, max: 2 },
  flags: {
    output: {
      kind: 'text',
      short: 'o',
      placeholder: 'FILE',
      help: 'Write to FILE; by default to the file’s own name in the current directory',
      flagOnly: true,
    },
    force: { kind: 'switch', help: 'Replace FILE if it exists', flagOnly: true },
    ...DRY_RUN_FLAG,
    ...OPEN_FLAGS,
    ...COMMON_FLAGS,
  },
  details: ADDRESSES,
  async run({ flags, args, output, signal }) {
    if (flags.output === '-') {
      const why = '-o names a file; `anneal image cat` writes to standard output'
      throw raise('USAGE', { command: 'anneal image extract', why, help: 'anneal image cat --help' })
    }
    await using opened = await openImage(args[0] ?? '', openOptions(flags, output, signal))
    const place = args[1] ?? ''
    const copied = await extractFile(opened, place, {
      target: flags.output ?? basename(place.replace(/^[^:]*:/s, '')),
      existing: flags.force ? 'replace' : 'refuse',
      mode: flags['dry-run'] ? 'plan' : 'apply',
      signal,
    })
    const dryRun = flags['dry-run']
    output.data({ schema: 'anneal.image-extract/1', dryRun, ...copied }, () =>
      dryRun ? `would write ${copied.file}, ${copied.sizeBytes} bytes` : copied.file,
    )
    return EXIT.ok
  },
})

const LETTERS: Readonly<Record<string, string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  socket: 's',
  'block device': 'b',
  'character device': 'c',
}

function longLine({ name, kind, target, stat }: ListedFile): string {
  const { mode = '', uid = 0, gid = 0, sizeBytes = 0, modified = '' } = stat ?? {}
  const time = modified.slice(0, 16).replace('T', ' ')
  const link = target === undefined ? '' : ` -> ${printableName(target)}`
  return `${LETTERS[kind] ?? '?'} ${mode} ${uid}:${gid} ${String(sizeBytes).padStart(12)} ${time} ${printableName(name)}${link}`
}
