/**
 * What GRUB itself says, run as a program of Linux (Debian's package grub-emu). It has no `linux` command: a function of
 * that name prints what it was given (`asGiven`), and `configfile` runs the configuration anew for each entry that is asked for.
 */
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Files } from './disk.ts'

/** Where one is installed: `/`, or a directory to change the root to. */
export type GrubEmu = Readonly<{ root: string; version: string }>

/** What one run printed. */
export type Shown = Readonly<{
  /** Titles of the entry and of those above it. */
  titles: readonly string[]
  chosen: string
  /** Of the last command that loads; '' where there was none. */
  command: string
  /** `$root` at that command. */
  device: string
  words: readonly string[]
  initrds: readonly string[]
  devicetree: string
  variables: Readonly<Record<string, string>>
}>

export const SHOWN_VARIABLES = ['v0', 'v1', 'v2', 'v3', 'v4', 'r0', 'r1', 'r2', 'r3', 'default', 'fallback']
export const LOADERS = ['linux', 'linux16', 'linuxefi', 'multiboot', 'multiboot2', 'chainloader']
const MODULES = ['module', 'module2']
const INITRDS = ['initrd', 'initrd16', 'initrdefi']

/** Every grub-emu that can be run: this system's, and those below the directories in ANNEAL_SUITES (`:` between them). */
export function findGrubEmus(): readonly GrubEmu[] {
  const roots = ['/', ...(process.env['ANNEAL_SUITES'] ?? '').split(':').filter((one) => one !== '')]
  return roots.flatMap((root) => {
    if (!existsSync(join(root, 'usr/bin/grub-emu'))) return []
    const { stdout } = spawnSync('chroot', [root, '/usr/bin/grub-emu', '--version'])
    const version = /\(GRUB\) (\S+)/.exec(stdout.toString())?.[1]
    return version === undefined ? [] : [{ root, version }]
  })
}

/** The files that make GRUB show what it would boot: they lie in /h of the file system that holds /grub/grub.cfg. */
export function harnessFiles(paths: readonly string[]): Readonly<Record<string, string>> {
  const show = (name: string): string =>
    `function ${name} { echo "@${name} $# $root $chosen"; for harness_word in "$@"; do echo "@word $harness_word"; done; }`
  return {
    '/h/grub.cfg': [
      ...[...LOADERS, ...MODULES, ...INITRDS, 'devicetree'].map(show),
      'set pager=0',
      'export harness_path',
      // Not in a loop: `break 2` of what is run would end it.
      ...paths.flatMap((path) => [
        `set harness_path="${path}"`,
        'echo "@run $harness_path"',
        'configfile /h/one.cfg',
      ]),
      'echo "@end"',
      '',
    ].join('\n'),
    '/h/one.cfg': [
      'set root=hd0,gpt2',
      'set prefix=(hd0,gpt2)/grub',
      'set grub_platform=pc',
      'set grub_cpu=i386',
      'source /grub/grub.cfg',
      'echo "@source"',
      ...SHOWN_VARIABLES.map((name) => `echo "@set ${name} $${name}"`),
      'echo "@shown"',
      'if [ "$harness_path" != "-" ]; then set default="$harness_path"; unset fallback; fi',
      'unset timeout_style',
      'set timeout=0',
      '',
    ].join('\n'),
  }
}

/**
 * What GRUB is given to run. From 2.12 on grub-emu has `linux` and `initrd`, which kexec what the machine itself has, and a
 * command comes before a function: there both are called by their other names.
 */
export function asGiven({ version }: GrubEmu, files: Readonly<Record<string, string>>): Files {
  if (Number.parseFloat(version) < 2.12) return files
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [
      path,
      path.endsWith('.cfg')
        ? text.replaceAll(/(?<![\w/.-])(linux|initrd)(?=[ \t])/g, (name) => `${name}16`)
        : text,
    ]),
  )
}

/**
 * GRUB runs in a session of its own below script(1) and goes on for ever once its terminal is gone, also where this
 * program is killed: timeout(1) ends it.
 */
const LIMIT_SECONDS = 180

/** Runs GRUB on a disk. What it printed for each path that `harnessFiles` was given. */
export async function runGrub(emu: GrubEmu, disk: string): Promise<ReadonlyMap<string, Shown>> {
  const inside = mkdtempSync(join(emu.root, 'tmp', 'anneal-grub-'))
  try {
    copyFileSync(disk, join(inside, 'disk'))
    const seen = emu.root === '/' ? inside : inside.slice(emu.root.length)
    writeFileSync(join(inside, 'map'), `(hd0) ${seen}/disk\n`)
    return parse(await printed(emu, `${seen}/map`))
  } finally {
    rmSync(inside, { recursive: true, force: true })
  }
}

/** A screen of 1000 columns breaks no line; Escape leaves each menu, and is any key where one is waited for. */
async function printed(emu: GrubEmu, map: string): Promise<string> {
  const emulator = `chroot ${emu.root} /usr/bin/grub-emu -m ${map} -r hd0,gpt2 -d /h`
  const child = spawn(
    'script',
    [
      '-qec',
      `stty -echo raw cols 1000 rows 8; exec timeout --foreground --signal=KILL ${LIMIT_SECONDS} ${emulator}`,
      '/dev/null',
    ],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    },
  )
  child.stdin.on('error', () => undefined)
  const chunks: Buffer[] = []
  let text = ''
  const finished = new Promise<void>((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`GRUB ${emu.version} does not end:\n${text}`)),
      LIMIT_SECONDS * 1000,
    )
    let quiet = setInterval(() => child.stdin.write('\u001B'), 20)
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      clearInterval(quiet)
      quiet = setInterval(() => child.stdin.write('\u001B'), 20)
      text = Buffer.concat(chunks).toString('utf8')
      if (!text.includes('@end')) return
      clearInterval(quiet)
      clearTimeout(late)
      resolve()
    })
    child.on('exit', () => {
      clearInterval(quiet)
      clearTimeout(late)
      resolve()
    })
  })
  try {
    await finished
  } finally {
    // The group: the program behind the terminal, too.
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }
  if (!text.includes('@end')) throw new Error(`GRUB ${emu.version} ended early:\n${text}`)
  return text
}

type Mutable = { -readonly [K in keyof Shown]: Shown[K] }

function parse(text: string): ReadonlyMap<string, Shown> {
  const runs = new Map<string, Shown>()
  let current: Mutable | undefined
  /** A loop over no words runs once. */
  let left = 0
  /** The variable whose value goes on in the next line. */
  let open: string | undefined
  let takes: 'words' | 'initrds' | 'devicetree' | 'nothing' = 'nothing'
  // eslint-disable-next-line no-control-regex
  for (const line of text.split(/(?:\u001B\[[0-9;?]*[A-Za-z]|[\r\n])+/)) {
    const [, keyword = '', rest = ''] = /^@(\w+) ?(.*)$/s.exec(line) ?? []
    const [, title] = /^ {2}Booting `(.*)'$/.exec(line) ?? []
    if (open !== undefined && current !== undefined && keyword === '') {
      const value = `${current.variables[open] ?? ''}\n${line}`
      current.variables = { ...current.variables, [open]: value }
      continue
    }
    open = undefined
    if (title !== undefined) {
      if (current === undefined) continue
      current.titles = [...current.titles, title]
      takes = 'nothing'
    } else if (keyword === 'run') {
      current = {
        titles: [],
        chosen: '',
        command: '',
        device: '',
        words: [],
        initrds: [],
        devicetree: '',
        variables: {},
      }
      runs.set(rest, current)
    } else if (current === undefined) continue
    else if (keyword === 'set') {
      const [, name = '', value = ''] = /^(\w+) ?(.*)$/s.exec(rest) ?? []
      current.variables = { ...current.variables, [name]: value }
      open = name
    } else if (LOADERS.includes(keyword) || INITRDS.includes(keyword) || keyword === 'devicetree') {
      // Before an entry runs, nothing is loaded by it.
      if (current.titles.length === 0) {
        takes = 'nothing'
        continue
      }
      const [, count = '', device = '', chosen = ''] = /^(\d+) (\S*) ?(.*)$/s.exec(rest) ?? []
      left = Number(count)
      if (LOADERS.includes(keyword)) {
        // A loader takes the place of what was loaded before.
        Object.assign(current, { command: keyword, device, chosen, words: [], initrds: [], devicetree: '' })
        takes = 'words'
      } else if (keyword === 'devicetree') {
        current.devicetree = ''
        takes = 'devicetree'
      } else {
        // Without a kernel there is nothing to load it for; another initrd takes the place of the one before.
        takes = current.command.startsWith('linux') ? 'initrds' : 'nothing'
        if (takes === 'initrds') current.initrds = []
      }
    } else if (MODULES.includes(keyword)) takes = 'nothing'
    else if (keyword === 'word' && left === 0) continue
    else if (keyword === 'word' && takes === 'devicetree') {
      if (current.devicetree === '') current.devicetree = rest
    } else if (keyword === 'word' && (takes === 'words' || takes === 'initrds')) {
      left -= 1
      current[takes] = [...current[takes], rest]
    }
  }
  return runs
}
