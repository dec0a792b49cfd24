import { basename } from 'node:path'
import { extractFile, listFiles, openImage, readFile } from '../../app/image/index.ts'
import type { ListedFile } from '../../app/image/index.ts'
import { EXIT } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { OPEN_FLAGS, openOptions } from '../image-flags.ts'
import { printableName } from '../printable.ts'

const ADDRESSES =
  'ADDRESS is one that `anneal image inspect` shows (p1, atomicos/root), a device (UUID=…), or boot, esp, root (the file system), os (the tree that boots: a deployment with ostree). Without one it is os.'

export const imageLs = command({
  path: ['image', 'ls'],
  summary: 'list a directory in any layer of an image',
  operands: 'IMAGE [[ADDRESS:]PATH]',
  count: { min: 1, max: 2 },
  flags: {
    long: { kind: 'switch', short: 'l', help: 'with mode, owner, size and time', flagOnly: true },
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
  summary: 'write a file in any layer of an image to standard output',
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
  summary: 'copy a file out of any layer of an image',
  operands: 'IMAGE [ADDRESS:]PATH',
  count: { min: 2, max: 2 },
  flags: {
    output: {
      kind: 'text',
      short: 'o',
      placeholder: 'FILE',
      help: 'where to; by default its own name, here',
      flagOnly: true,
    },
    force: { kind: 'switch', help: 'replace a file that is there', flagOnly: true },
    ...OPEN_FLAGS,
    ...COMMON_FLAGS,
  },
  details: ADDRESSES,
  async run({ flags, args, output, signal }) {
    await using opened = await openImage(args[0] ?? '', openOptions(flags, output, signal))
    const place = args[1] ?? ''
    const copied = await extractFile(opened, place, {
      target: flags.output ?? basename(place.replace(/^[^:]*:/s, '')),
      existing: flags.force ? 'replace' : 'refuse',
      signal,
    })
    output.data({ schema: 'anneal.image-extract/1', ...copied }, () => copied.file)
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
