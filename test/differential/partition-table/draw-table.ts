import type { Random } from '../random.ts'

export type Drawn = Readonly<{ label: 'dos' | 'gpt'; mib: number; script: string }>

const DOS_TYPES = ['83', '82', '8e', 'ef', 'fd', 'c', '7', 'ea', '0'] as const
const GPT_TYPES = [
  '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
  'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  '4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709',
  'E6D6D379-F507-44C2-A23C-238F2A3DF928',
  '11111111-2222-3333-4444-555555555555',
] as const
const NAMES = ['root', 'EFI System', 'größe', '根 🌳', 'x'.repeat(36), '', 'a,b', 'tab'] as const

/** A table of either kind, as sfdisk is told to write it. */
export function drawTable(random: Random): Drawn {
  return random.chance(50) ? drawGpt(random) : drawDos(random)
}

function drawGpt(random: Random): Drawn {
  const mib = random.between(8, 4000)
  const count = random.between(1, 40)
  const lines = ['label: gpt', `label-id: ${guid(random)}`]
  let at = 2048
  for (let number = 1; number <= count; number += random.between(1, 3)) {
    const size = random.between(1, 30_000)
    if (at + size > mib * 2048 - 34) break
    const name = random.pick(NAMES)
    lines.push(
      `${number}: start=${at}, size=${size}, type=${random.pick(GPT_TYPES)}, uuid=${guid(random)}${name === '' ? '' : `, name="${name}"`}`,
    )
    at += size + random.pick([0, 0, random.below(5000)])
  }
  return { label: 'gpt', mib, script: `${lines.join('\n')}\n` }
}

function drawDos(random: Random): Drawn {
  const mib = random.between(64, 4000)
  const lines = ['label: dos', `label-id: 0x${random.below(2 ** 32).toString(16)}`]
  const primaries = random.between(1, 3)
  const logicals = random.chance(70) ? random.between(1, 30) : 0
  let at = 2048
  const place = (number: number, gap: number): boolean => {
    const size = random.between(1, 20_000)
    if (at + gap + size > mib * 2048 - 2048) return false
    at += gap
    lines.push(
      `${number}: start=${at}, size=${size}, type=${random.pick(DOS_TYPES)}${number === 1 ? ', bootable' : ''}`,
    )
    at += size + random.pick([0, 0, random.below(3000)])
    return true
  }
  for (let number = 1; number <= primaries; number += 1) place(number, 0)
  if (logicals > 0) {
    lines.push(
      `${primaries + 1}: start=${at}, size=${mib * 2048 - at}, type=${random.pick(['5', 'f', '85'])}`,
    )
    for (let number = 5; number < 5 + logicals && place(number, 2048); number += 1);
  }
  return { label: 'dos', mib, script: `${lines.join('\n')}\n` }
}

function guid(random: Random): string {
  const hex = Array.from({ length: 32 }, () => random.below(16).toString(16)).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
