import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { systemBus } from './busctl.ts'
import { systemdUnits } from './units.ts'

const directories: string[] = []
describe('units of systemd', () => {
  afterEach(() => {
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
  })

  /**
   * A busctl that answers as the real one did (systemd 252) on a host with one machine, and writes down how it was called.
   * `answers`: shell `case` arms over the method or property that was asked for.
   */
  function fakeHost(answers: string): Readonly<{ units: ReturnType<typeof systemdUnits>; calls: string }> {
    const directory = mkdtempSync(join(tmpdir(), 'anneal-bus-'))
    directories.push(directory)
    const program = join(directory, 'busctl')
    const calls = join(directory, 'calls')
    writeFileSync(
      program,
      `#!/bin/sh
printf '%s\\n' "$*" >>${calls}
case "$*" in
${answers}
*) echo "Call failed: unexpected" >&2; exit 1 ;;
esac
`,
    )
    chmodSync(program, 0o755)
    mkdirSync(join(directory, 'run/systemd/system'), { recursive: true })
    return { units: systemdUnits({ bus: systemBus(program, 5000), root: directory }), calls }
  }

  const NAMES = (names: string) => `*ListActivatableNames*) echo '{"type":"as","data":[[${names}]]}' ;;`
  const BOTH = NAMES('"org.freedesktop.systemd1","org.freedesktop.machine1"')

  test('the method follows from what libvirt itself would find', async () => {
    assert.equal(await systemdUnits({ root: '/nonexistent' }).method(), 'cgroups')
    assert.equal(await fakeHost(NAMES('"org.freedesktop.systemd1"')).units.method(), 'systemd')
    assert.equal(
      await fakeHost(`${BOTH}\n*ListMachines*) echo '{"type":"a(ssso)","data":[[]]}' ;;`).units.method(),
      'machined',
    )
  })

  test('machined that is there and does not answer is an error, not a reason to do without it', async () => {
    const { units } = fakeHost(
      `${BOTH}\n*ListMachines*) echo 'Call failed: Unit systemd-machined.service is masked.' >&2; exit 1 ;;`,
    )
    await assert.rejects(
      units.method(),
      (error) => isAnnealError(error, 'MACHINED_BROKEN') && /is masked/.test(error.message),
    )
  })

  test('a host without a bus is an error that says so', async () => {
    const { units } = fakeHost("*) echo 'Failed to connect to bus: No such file or directory' >&2; exit 1 ;;")
    await assert.rejects(units.method(), (error) => isAnnealError(error, 'SYSTEMD_UNREACHABLE'))
    const without = systemdUnits({ bus: systemBus('/nonexistent/busctl'), root: '' })
    await assert.rejects(without.cgroupOf('x.scope'), (error) => isAnnealError(error, 'SYSTEMD_UNREACHABLE'))
  })

  test('a process without a machine has none, and any other refusal is an error', async () => {
    const known = `*GetMachineByPID\\ u\\ 7) echo '{"type":"o","data":["/org/freedesktop/machine1/machine/qemu_2d1_2dvm"]}' ;;
*get-property*qemu_2d1_2dvm*Name) echo '{"type":"s","data":"qemu-1-vm"}' ;;
*get-property*qemu_2d1_2dvm*Unit) echo '{"type":"s","data":"machine-qemu\\\\\\\\x2d1\\\\\\\\x2dvm.scope"}' ;;
*GetMachineByPID\\ u\\ 8) echo 'Call failed: PID 8 does not belong to any known machine' >&2; exit 1 ;;`
    const { units } = fakeHost(known)
    assert.deepEqual(await units.machineOf(7), { name: 'qemu-1-vm', unit: 'machine-qemu\\x2d1\\x2dvm.scope' })
    assert.equal(await units.machineOf(8), undefined)
    await assert.rejects(units.machineOf(9), (error) => isAnnealError(error, 'SYSTEMD_REFUSED'))
  })

  test('a machine is registered in the very words that a real host took', async () => {
    const { units, calls } = fakeHost(`*CreateMachine*) echo '{"type":"o","data":["/x"]}' ;;`)
    await units.createMachine({
      name: 'qemu-1-vm',
      uuid: '00ff0000-0000-4000-8000-00000000000a',
      pid: 42,
      slice: 'machine.slice',
    })
    const words =
      'org.freedesktop.machine1.Manager CreateMachine sayssusa(sv) qemu-1-vm 16 0 255 0 0 0 0 64 0 128 0 0 0 0 0 0 10 ' +
      'libvirt-qemu vm 42  3 Slice s machine.slice After as 2 libvirtd.service virtqemud.service ' +
      'Before as 1 virt-guest-shutdown.target'
    assert.ok(readFileSync(calls, 'utf8').includes(words))
  })

  test('a scope is requested with delegation, and its cgroup is known once it is active', async () => {
    const { units, calls } = fakeHost(`*StartTransientUnit*) echo '{"type":"o","data":["/job/1"]}' ;;
*GetUnit\\ s\\ a.scope) echo '{"type":"o","data":["/org/unit/a"]}' ;;
*GetUnit\\ s\\ b.scope) echo '{"type":"o","data":["/org/unit/b"]}' ;;
*GetUnit*) echo 'Call failed: Unit c.scope not loaded.' >&2; exit 1 ;;
*/org/unit/a*ActiveState) echo '{"type":"s","data":"active"}' ;;
*/org/unit/b*ActiveState) echo '{"type":"s","data":"activating"}' ;;
*/org/unit/a*ControlGroup) echo '{"type":"s","data":"/machine.slice/a.scope"}' ;;
*SetUnitProperties*) ;;`)
    await units.startScope({
      unit: 'a.scope',
      slice: 'machine.slice',
      description: 'two words',
      pids: [7, 8],
    })
    assert.match(
      readFileSync(calls, 'utf8'),
      /StartTransientUnit ssa\(sv\)a\(sa\(sv\)\) a\.scope fail 7 PIDs au 2 7 8 Slice s machine\.slice Delegate b true /,
    )
    assert.equal(await units.cgroupOf('a.scope'), '/machine.slice/a.scope')
    assert.equal(await units.cgroupOf('b.scope'), undefined)
    assert.equal(await units.cgroupOf('c.scope'), undefined)
    await units.setProperties('a.scope', { CPUShares: 512 })
    assert.match(readFileSync(calls, 'utf8'), /SetUnitProperties sba\(sv\) a\.scope true 1 CPUShares t 512/)
  })
})
