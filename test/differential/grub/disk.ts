import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { run } from '../run.ts'

/** Paths and what they hold; `-> target` makes a symbolic link. */
export type Files = Readonly<Record<string, string>>

export const ESP_UUID = '7B77-95E7'
export const BOOT_UUID = '66666666-7777-4888-8999-aaaaaaaaaaaa'
export const ROOT_UUID = '11111111-2222-4333-8444-555555555555'

const MIB = 1 << 20
const PARTITIONS = { esp: [1, 1], boot: [2, 4], root: [6, 2] } as const
let base: Uint8Array | undefined

/** A GPT disk of 9 MiB: p1 is vfat (“ESP”), p2 ext2 (“boot”) with these files, p3 ext2 (“root”). */
export function writeDisk(path: string, boot: Files): void {
  base ??= makeBase()
  writeFileSync(path, base)
  place(path, 'boot', makeExt(boot, PARTITIONS.boot[1], BOOT_UUID, 'boot'))
}

function makeBase(): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-grub-disk-'))
  try {
    const path = join(directory, 'disk')
    writeFileSync(path, '')
    truncateSync(path, 9 * MIB)
    const types = { esp: 'U', boot: 'L', root: 'L' }
    const table = Object.entries(PARTITIONS).map(
      ([name, [start, size]]) =>
        `start=${start}MiB,size=${size}MiB,type=${types[name as keyof typeof types]}`,
    )
    run('sfdisk', ['--quiet', path], { input: ['label: gpt', ...table, ''].join('\n') })
    const esp = join(directory, 'esp')
    writeFileSync(esp, '')
    truncateSync(esp, PARTITIONS.esp[1] * MIB)
    run('mkfs.vfat', ['-i', ESP_UUID.replace('-', ''), '-n', 'ESP', esp])
    place(path, 'esp', readFileSync(esp))
    place(
      path,
      'root',
      makeExt(
        { '/etc/os-release': 'ID=debian\n', '/only-root': 'x', '/both': 'x' },
        PARTITIONS.root[1],
        ROOT_UUID,
        'root',
      ),
    )
    return readFileSync(path)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function makeExt(files: Files, mib: number, uuid: string, label: string): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-grub-tree-'))
  try {
    const tree = join(directory, 'tree')
    mkdirSync(tree)
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(tree, dirname(path)), { recursive: true })
      writeFileSync(join(tree, path), text)
    }
    const image = join(directory, 'image')
    writeFileSync(image, '')
    truncateSync(image, mib * MIB)
    run('mke2fs', [
      '-q',
      '-F',
      '-t',
      'ext2',
      '-b',
      '1024',
      '-N',
      '128',
      '-U',
      uuid,
      '-L',
      label,
      '-d',
      tree,
      image,
    ])
    return readFileSync(image)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function place(path: string, name: keyof typeof PARTITIONS, bytes: Uint8Array): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes, 0, bytes.length, PARTITIONS[name][0] * MIB)
  closeSync(file)
}
