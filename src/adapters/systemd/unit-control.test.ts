import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { systemdUnitControl } from './unit-control.ts'

const UNIT = 'kolla-nova_libvirt-container.service'
const PATH = `/etc/systemd/system/${UNIT}.d/zzzz-anneal.conf`

const dir = mkdtempSync(join(tmpdir(), 'anneal-control-'))
test.after(() => rmSync(dir, { recursive: true }))

/** A systemd that goes by its drop-in from the next `daemon-reload` on, in the words of systemd 252. */
function host(
  of: Readonly<{
    path?: string
    stubborn?: boolean
    kills?: boolean
    states?: readonly string[]
    job?: string
    command?: string
  }> = {},
) {
  const root = mkdtempSync(join(dir, 'root-'))
  const path = of.path ?? PATH
  const states = [...(of.states ?? [])]
  let loaded = false
  const calls: string[] = []
  /** The drop-in at each start. */
  const started: string[] = []
  const systemctl = async (argv: readonly string[]): Promise<string> => {
    calls.push(argv[0] ?? '')
    if (argv[0] === 'start' && existsSync(join(root, path)))
      started.push(readFileSync(join(root, path), 'utf8'))
    if (argv[0] === 'daemon-reload') loaded = existsSync(join(root, path))
    if (argv[0] !== 'show') return ''
    const shownPath = path.includes('\\') ? `"${path.replaceAll('\\', '\\\\')}"` : path
    const stop = `ExecStop={ path=/usr/bin/docker ; argv[]=/usr/bin/docker stop x ; ignore_errors=no ; pid=0 }\n`
    const rest = of.kills === true ? 'KillMode=mixed\n' : 'KillMode=process\n'
    const restart =
      loaded && of.stubborn !== true
        ? `Restart=no\n${rest}RuntimeDirectoryPreserve=yes\n`
        : `Restart=always\n${stop}`
    const command =
      of.command === undefined
        ? ''
        : `Type=simple\nExecStart={ path=${of.command.split(' ')[0]} ; argv[]=${of.command} ; ignore_errors=no ; pid=0 }\n`
    const state = states.length > 1 ? states.shift() : (states[0] ?? 'active')
    return `${command}${restart}DropInPaths=/usr/lib/x.conf${loaded ? ` ${shownPath}` : ''}\nActiveState=${state}\nSubState=dead\nJob=${of.job ?? ''}\nResult=exit-code\n`
  }
  const control = systemdUnitControl({ root, systemctl, startMs: 0, settledMs: 0 })
  return { root, systemctl, startMs: 0, calls, started, file: join(root, path), control }
}

test('a unit is disarmed by one drop-in, which is in effect when the call ends', async () => {
  const { control, calls, file } = host()
  await control.disarm(UNIT)
  const text = readFileSync(file, 'utf8')
  assert.match(text, new RegExp(`^ConditionPathExists=!${PATH}$`, 'm'))
  assert.match(text, /^Restart=no$/m)
  assert.match(text, /^ExecStop=$/m)
  assert.match(text, /^KillMode=process$/m)
  assert.match(text, /^RuntimeDirectoryPreserve=yes$/m)
  assert.deepEqual(calls, ['daemon-reload', 'show'])
  await control.disarm(UNIT)
  assert.deepEqual(calls, ['daemon-reload', 'show', 'show'], 'what is done already is not done again')
})

test('a drop-in that was written before a crash is read after it', async () => {
  const first = host()
  await first.control.disarm(UNIT)
  const second = host()
  mkdirSync(dirname(second.file), { recursive: true })
  writeFileSync(second.file, readFileSync(first.file))
  await second.control.disarm(UNIT)
  assert.deepEqual(second.calls, ['show', 'daemon-reload', 'show'])
})

test('a unit whose name is escaped is disarmed as well', async () => {
  const unit = 'nova-a\\x2db.service'
  const { control, calls } = host({ path: `/etc/systemd/system/${unit}.d/zzzz-anneal.conf` })
  await control.disarm(unit)
  assert.deepEqual(calls, ['daemon-reload', 'show'])
})

test('a unit on which the drop-in has no effect is an error', async () => {
  const { control } = host({ stubborn: true })
  await assert.rejects(control.disarm(UNIT), (error) => isAnnealError(error, 'UNIT_NOT_DISARMED'))
})

test('a unit that would still kill the rest of its cgroup is not disarmed', async () => {
  const { control } = host({ kills: true })
  await assert.rejects(control.disarm(UNIT), (error) => isAnnealError(error, 'UNIT_NOT_DISARMED'))
})

test('a folder that cannot be written is an error, and systemd is not asked', async () => {
  const { control, calls, root } = host()
  writeFileSync(join(root, 'etc'), '')
  await assert.rejects(control.disarm(UNIT), (error) => isAnnealError(error, 'UNIT_NOT_DISARMED'))
  assert.deepEqual(calls, [])
})

test('a unit that is armed again has nothing left of the drop-in, and what others put there stays', async () => {
  const { control, calls, file } = host()
  await control.disarm(UNIT)
  await control.rearm(UNIT)
  assert.ok(!existsSync(dirname(file)))
  assert.deepEqual(calls.slice(2), ['show', 'daemon-reload'])
  await control.disarm(UNIT)
  writeFileSync(join(dirname(file), 'memory.conf'), '')
  await control.rearm(UNIT)
  assert.ok(!existsSync(file) && existsSync(dirname(file)))
  await control.rearm(UNIT)
  assert.deepEqual(calls.at(-1), 'show', 'systemd does not read its units for nothing')
})

test('a unit is started once it is active, and one whose job waits is left to it', async () => {
  await host().control.start(UNIT)
  await host({ states: ['inactive'], job: '812' }).control.start(UNIT)
  await assert.rejects(host({ states: ['failed'] }).control.start(UNIT), (error) =>
    isAnnealError(error, 'UNIT_NOT_STARTED'),
  )
})

const PODMAN = { command: '/usr/bin/podman start -a nova_libvirt' } as const

test('a unit of Podman starts with a command that attaches to the container, and is then as its owner wrote it', async () => {
  const { control, started, calls, file } = host({ ...PODMAN, states: ['inactive', 'active'] })
  await control.start(UNIT)
  assert.match(started.join(''), /^ExecStart=\nExecStart=\/usr\/bin\/podman attach --no-stdin nova_libvirt$/m)
  assert.match(started.join(''), /^ExecStop=$/m, 'it stops nothing where it could not attach')
  assert.doesNotMatch(started.join(''), /Condition/)
  assert.ok(!existsSync(file))
  assert.equal(calls.at(-1), 'daemon-reload')
})

test('the command of a unit that is up is left alone, and that of one that could not attach is its own again', async () => {
  const up = host({ ...PODMAN, states: ['active'] })
  await up.control.start(UNIT)
  assert.deepEqual(up.started, [])
  const fails = host({ ...PODMAN, states: ['inactive', 'failed'] })
  await assert.rejects(fails.control.start(UNIT), (error) => isAnnealError(error, 'UNIT_NOT_STARTED'))
  assert.ok(!existsSync(fails.file))
  const ends = host({ ...PODMAN, states: ['inactive', 'active', 'deactivating'] })
  await assert.rejects(systemdUnitControl({ ...ends, settledMs: 5000 }).start(UNIT), (error) =>
    isAnnealError(error, 'UNIT_NOT_STARTED'),
  )
})

test('a unit whose start waits keeps the command that attaches: its own would start the container', async () => {
  const { control, file } = host({ ...PODMAN, states: ['inactive'], job: '812' })
  await control.start(UNIT)
  assert.ok(existsSync(file))
})
