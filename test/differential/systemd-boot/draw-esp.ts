import { makePe } from '../../../src/formats/pe/make-pe.ts'
import type { Random } from '../random.ts'

/** Paths of an EFI system partition and what they hold. */
export type Esp = Readonly<Record<string, string | Uint8Array>>

/** bootctl leaves out names with other characters, and minds their case when it sorts; systemd-boot itself does neither. */
const STEMS = [
  'a',
  'b',
  'arch',
  'fedora',
  '6.1.0-9',
  '6.1.0-13',
  '6.1.0.rc1',
  'x_y',
  'linux-6',
  'm-1.5',
  '0',
  'c.conf',
  'arch-lts',
  'uki',
]
const COUNTERS = ['', '', '', '+3', '+3-1', '+0-3', '+0', '+1-2', '+12']
const VERSIONS = ['1', '6.1.0-9', '6.1.0-13', '6.1.0~rc1', '6.1.0', '6.1^1', '09', '9', 'abc', '6.1.0-13+deb']
const SORT_KEYS = ['fedora', 'debian', 'a', 'Z']
const MACHINES = ['0123456789abcdef0123456789abcdef', 'ffffffffffffffffffffffffffffffff']
const WORDS = [
  'quiet',
  'ro',
  'root=UUID=1-2',
  'a=b',
  'console=ttyS0,115200n8',
  '$x',
  'x="y"',
  'systemd.unit=rescue',
]
const PATTERNS = [
  '*',
  'a*',
  'A.CONF',
  '?.conf',
  '[a-c]*',
  '[!a]*',
  'b',
  'b.conf',
  '*6.1*',
  'fedora.conf',
  '@saved',
  'nothing',
  '*.conf',
  '*.efi',
  'x\\_y*',
  'a.conf # comment',
  '[z',
  '6.1.0-13*',
  '*+3*',
]

/** The same seed draws the same partition for one version of systemd: entries, what surrounds them, and a loader.conf. */
export function drawEsp(random: Random, version: number): Esp {
  // bootctl of before leaves such an image out; systemd-boot shows it once.
  const mayHaveProfiles = version >= 257
  const esp: Record<string, string | Uint8Array> = {
    '/EFI/systemd/systemd-bootx64.efi': makePe({
      '.sdmagic': `#### LoaderInfo: systemd-boot ${version} ####`,
    }),
    '/k1': 'kernel',
    '/d/k2': 'kernel',
    '/i': 'initrd',
    '/shell.efi': 'MZ',
    '/u3.efi': drawUki(random, 'u3', mayHaveProfiles && random.chance(60)),
    '/x.cred': 'c',
  }
  const seen = new Set<string>()
  for (let count = random.between(1, 8); count > 0; count -= 1) {
    const stem = random.pick(STEMS)
    if (seen.has(stem.toLowerCase())) continue
    seen.add(stem.toLowerCase())
    const suffix = random.chance(5) ? '.CONF' : random.chance(5) ? '.txt' : '.conf'
    const prefix = random.chance(4) ? '.' : ''
    esp[`/loader/entries/${prefix}${stem}${random.pick(COUNTERS)}${suffix}`] = drawEntry(random, version)
  }
  if (random.chance(40))
    esp['/EFI/Linux/uki.efi'] = drawUki(random, 'uki', mayHaveProfiles && random.chance(50))
  // Up to 258 systemd-boot gives profiles of an image with a counter other ids than bootctl.
  const counter = random.pick(COUNTERS)
  const hasProfiles = mayHaveProfiles && random.chance(50) && (counter === '' || version >= 259)
  if (random.chance(40)) esp[`/EFI/Linux/u2${counter}.efi`] = drawUki(random, 'u2', hasProfiles)
  if (random.chance(80)) esp['/loader/loader.conf'] = drawConf(random)
  return esp
}

/** bootctl shows what an entry gives, and not what is in the image that it names: such an entry has options here. */
function drawEntry(random: Random, version: number): string {
  const lines: string[] = []
  const options = (): string =>
    `options ${Array.from({ length: random.between(1, 3) }, () => random.pick(WORDS)).join(' ')}`
  if (random.chance(80)) lines.push(`title ${random.pick(['One', 'Two words', 'Three  blanks', '"quoted"'])}`)
  if (random.chance(70)) lines.push(`version ${random.pick(VERSIONS)}`)
  if (random.chance(50)) lines.push(`sort-key ${random.pick(SORT_KEYS)}`)
  if (random.chance(40)) lines.push(`machine-id ${random.pick(MACHINES)}`)
  const kind = random.pick(['linux', 'linux', 'linux', 'linux', 'linux', 'efi', 'linux uki', 'uki', 'url'])
  if (kind === 'efi' || (kind !== 'linux' && version < 258)) lines.push('efi /shell.efi')
  else if (kind === 'url') lines.push('uki-url http://boot.example/x.efi')
  else if (kind === 'linux uki') lines.push('linux /u3.efi', options())
  else if (kind === 'uki') {
    lines.push('uki /u3.efi', options())
    if (random.chance(40)) lines.push(`profile ${random.between(0, 1)}`)
    if (random.chance(30)) lines.push('extra /x.cred')
  } else lines.push(`linux ${random.pick(['/k1', '/d/k2'])}`)
  for (let count = random.between(0, 2); count > 0; count -= 1) lines.push('initrd /i')
  for (let count = random.between(0, 3); count > 0; count -= 1) lines.push(options())
  if (random.chance(20)) lines.push('# title Comment')
  if (random.chance(10)) lines.push('unknown-key x')
  if (random.chance(10)) lines.push('title Again')
  if (random.chance(10)) lines.push('')
  for (let at = lines.length - 1; at > 0; at -= 1) {
    const other = random.below(at + 1)
    const [one = '', two = ''] = [lines[at], lines[other]]
    lines[at] = two
    lines[other] = one
  }
  const indented = lines.map((line) =>
    random.chance(10) ? `\t ${line}` : random.chance(10) ? line.replace(' ', '\t  ') : line,
  )
  const end = random.chance(10) ? '\r\n' : '\n'
  return indented.join(end) + (random.chance(80) ? end : '')
}

function drawUki(random: Random, name: string, hasProfiles: boolean): Uint8Array {
  const base = [
    [
      '.osrel',
      `ID=${random.pick(['fedora', 'debian'])}\nPRETTY_NAME="${name}"\nVERSION_ID=${random.pick(['12', '40'])}\n`,
    ],
    ['.cmdline', random.pick(['quiet', 'ro a=b'])],
    ['.uname', '6.1.0-13'],
    ['.linux', 'kernel'],
    ['.initrd', 'initrd'],
  ] as const
  if (!hasProfiles) return makePe(base)
  const profiles = [
    ['.profile', random.pick(['', 'TITLE=First\n', 'ID=main\nTITLE=Main\n'])],
    ['.profile', random.pick(['', 'ID=debug\n', 'ID=debug\nTITLE=Debug it\n', 'TITLE="No id"\n'])],
    ['.cmdline', 'debug'],
    ...(random.chance(50) ? [['.profile', ''] as const, ['.cmdline', ''] as const] : []),
  ] as const
  return makePe([...base, ...profiles])
}

function drawConf(random: Random): string {
  const lines: string[] = []
  if (random.chance(80)) lines.push(`default ${random.pick(PATTERNS)}`)
  if (random.chance(30)) lines.push('timeout 3')
  if (random.chance(15)) lines.push(`# default ${random.pick(PATTERNS)}`)
  if (random.chance(20)) lines.push(`default   ${random.pick(PATTERNS)}  `)
  if (random.chance(10)) lines.push(`preferred ${random.pick(PATTERNS)}`)
  if (random.chance(10)) lines.push('console-mode max')
  return `${lines.join('\n')}\n`
}
