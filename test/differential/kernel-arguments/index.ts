import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isSameKey, lintForIronic, parseKernelCommandLine } from '../../../src/core/index.ts'
import type { IronicRules } from '../../../src/core/index.ts'
import { Random } from '../random.ts'
import { run } from '../run.ts'
import type { DifferentialTarget } from '../target.ts'

/** Folders dist-packages with Ironic, and with what its parser imports. */
export type IronicParser = Readonly<{ sites: readonly string[]; rules: IronicRules; name: string }>

const SITE = 'usr/lib/python3/dist-packages'
const PARSER = 'ironic/common/kernel_parameters.py'
const ASK = join(import.meta.dirname, '../../../scripts/fixtures/ironic-kernel-arguments.py')
/** What Ironic puts before the field in which the arguments are sent. */
const BEFORE = 'root=/dev/ram0 text '
const LINES = 300

/** Those of this system, and of the trees below the directories in ANNEAL_SUITES (`:` between them). */
export function findParsers(
  roots: readonly string[] = ['/', ...(process.env['ANNEAL_SUITES'] ?? '').split(':')],
): readonly IronicParser[] {
  return roots.flatMap((root) => {
    const site = join(root, SITE)
    if (root === '' || !existsSync(join(site, PARSER))) return []
    const isBackport = existsSync(join(site, 'ironic/common/kernel_parameter_parser'))
    return [{ sites: [site], rules: isBackport ? 'upTo29' : 'from35', name: root } as const]
  })
}

/** Generated command lines: Anneal accepts those that the parser of Ironic accepts, and the machine gets what was meant. */
export function kernelArguments(parsers: () => readonly IronicParser[] = findParsers): DifferentialTarget {
  return {
    name: 'kernel-arguments',
    lacks: () =>
      parsers().length > 0
        ? undefined
        : `no Ironic with a parser of kernel arguments is below / or ANNEAL_SUITES`,
    compare(seed) {
      const all = parsers()
      const parser = all[seed % all.length]
      if (parser === undefined) throw new Error('no Ironic is installed')
      const random = new Random(seed)
      const lines = Array.from({ length: LINES }, () => drawLine(random))
      const arrived = ask(parser, lines)
      return Promise.resolve({
        made: `${LINES} lines for ${parser.name}`,
        nodes: arrived.filter((one) => one !== undefined).length,
        differences: lines.flatMap((line, index) => differences(parser.rules, line, arrived[index])),
      })
    },
  }
}

/** What each line becomes; undefined where it is refused. */
function ask({ sites, rules }: IronicParser, lines: readonly string[]): readonly (string | undefined)[] {
  const before = rules === 'from35' ? BEFORE : ''
  const input = lines.map((line) => `${JSON.stringify(before + line)}\n`).join('')
  const answers = run('python3', [ASK, ...sites], { input, env: { PYTHONDONTWRITEBYTECODE: '1' } })
  return answers.split('\n').flatMap((answer) => {
    if (answer === '') return []
    const text: unknown = JSON.parse(answer)
    return [typeof text === 'string' ? text : undefined]
  })
}

function differences(rules: IronicRules, line: string, arrived: string | undefined): readonly string[] {
  const findings = lintForIronic(line, rules)
  const isAccepted = findings.every(({ severity }) => severity !== 'refuse')
  const told = JSON.stringify(line)
  if (isAccepted !== (arrived !== undefined)) {
    return [`${rules}: Anneal ${isAccepted ? 'accepts' : 'refuses'} ${told}, and Ironic does not`]
  }
  // The parser of the stable branches looks at arguments, and hands on the text that it was given.
  if (arrived === undefined || rules === 'upTo29') return []
  if (findings.some(({ code }) => code === 'KARG_INIT_MOVED')) return []
  const [wanted, got] = [meaning(BEFORE + line), meaning(arrived)]
  return wanted === got ? [] : [`${rules}: ${told} arrives as ${JSON.stringify(arrived)}`]
}

/** Ironic puts the values of one key beside each other: what counts is their order for each key, and what init gets. */
function meaning(line: string): string {
  const { arguments: found, init } = parseKernelCommandLine(line)
  const keys = [...new Set(found.map(({ key }) => key))].toSorted(compareTexts)
  const values = keys.map((key) =>
    found.filter((one) => isSameKey(one.key, key)).map((one) => one.value ?? null),
  )
  return JSON.stringify([keys, values, init.split(/ +/)])
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : Number(left > right)
}

const WORDS = [
  'root=UUID=72da3e4b',
  'console=tty0',
  'console=ttyS0,115200n8',
  'rw',
  'x="y z"',
  'x="y -- z"',
  'a',
  'b.c',
  'd-e',
  '--',
  'ip=[2001:db8::1]::eth0',
  'dyndbg="file a +p; file b +p"',
] as const
const PIECES = [
  'a',
  'b',
  '_',
  '=',
  '"',
  "'",
  ',',
  '\\',
  '\t',
  'é',
  '/',
  '$',
  ';',
  '~',
  ' ',
  ' ',
  ' ',
  ' -- ',
  '&&',
  '="',
  '" ',
] as const

/** Mostly words with spaces between them, here and there something that the grammar may not know. */
function drawLine(random: Random): string {
  const drawn = Array.from({ length: random.below(7) }, () =>
    random.chance(60) ? `${random.pick(WORDS)} ` : random.pick(PIECES),
  )
  return drawn.join('').trim()
}
