import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from './run.ts'

/** Size of the disk that a guest boots the sector from: what is behind the first sector is never read. */
const DISK_BYTES = 1 << 20
/** Where the sector has its divisor of the PIT, a little-endian word. */
const DIVISOR_OFFSET = 508
const PIT_HZ = 1_193_182

/** Assembles guest/boot-sector.S to `directory`/boot-sector, unless that was made of the same source. */
export async function assembleBootSector(directory: string, source: string): Promise<void> {
  const stamp = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16)
  const mark = join(directory, `boot-sector-${stamp}`)
  if (existsSync(mark)) return
  for (const name of readdirSync(directory)) {
    if (name.startsWith('boot-sector-')) rmSync(join(directory, name))
  }
  const [object, sector] = [join(directory, 'boot-sector.o'), join(directory, 'boot-sector.new')]
  await must('assemble the boot sector', ['as', '--32', '-o', object, source])
  const link = ['ld', '-m', 'elf_i386', '-Ttext', '0x7c00', '--oformat', 'binary']
  await must('link the boot sector', [...link, '-o', sector, object])
  rmSync(object)
  renameSync(sector, join(directory, 'boot-sector'))
  writeFileSync(mark, '')
}

/** A shell script that makes $2, a disk that boots the sector $1. */
export function bootDiskScript(tickMs: number): string {
  const divisor = pitDivisor(tickMs)
  const word = [divisor & 0xff, divisor >> 8]
    .map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
    .join('')
  return `install -m 644 "$1" "$2"; printf '${word}' | dd of="$2" bs=1 seek=${DIVISOR_OFFSET} conv=notrunc status=none; truncate --size ${DISK_BYTES} "$2"`
}

/** The PIT counts 16 bits: it cannot wait for more than 54 ms. */
export function pitDivisor(tickMs: number): number {
  const divisor = Math.round((PIT_HZ * tickMs) / 1000)
  if (divisor < 1000 || divisor > 0xffff) throw new RangeError(`a boot sector cannot tick every ${tickMs} ms`)
  return divisor
}
