import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainSpec } from '../../../adapters/containers/index.ts'
import { SimulatedNode } from '../../../adapters/simulated/index.ts'
import type { Process } from '../../../node/index.ts'
import type { NodeWorld, RescueReport } from '../../../ports/index.ts'
import { rescueEndangered } from './rescue-endangered.ts'

const IMAGE = 'libvirt:1'
const REPORT: RescueReport = { method: 'cgroups', unit: 'u', moved: [], limits: [] }

test('a helper that serves one guest now and others later is moved by itself, not with that guest', async () => {
  const node = new SimulatedNode({ [IMAGE]: { libvirt: '9.0.0' } })
  const spec = plainSpec({ name: 'nova_libvirt', image: IMAGE, privileged: true, networkMode: 'host' })
  const id = await node.engine.createContainer(spec)
  await node.engine.startContainer(id)
  const guest = node.startGuest('vm', id)
  const base = node.world()
  const virtlogd = (like: Process): Process => ({
    ...like,
    pid: 77,
    startTicks: 770,
    name: 'virtlogd',
    exe: '/usr/sbin/virtlogd',
    argv: ['virtlogd'],
  })
  const calls: string[] = []
  const world: NodeWorld = {
    ...base,
    processes: {
      ...base.processes,
      async table() {
        const table = await base.processes.table()
        const [logged, ...others] = table.processes.toSorted((a) => (a.pid === guest.pid ? -1 : 1))
        assert.ok(logged)
        // Its console goes through virtlogd, so that virtlogd serves this guest alone.
        const argv = [...logged.argv, '-chardev', 'file,id=c,path=/dev/fdset/0']
        const processes = [{ ...logged, argv, stdout: 'pipe:[7]' }, virtlogd(logged), ...others]
        return { ...table, processes }
      },
    },
    rescuer: {
      method: async () => 'cgroups',
      async rescue({ name }, helpers) {
        calls.push([name, ...helpers.map((helper) => helper.name)].join(' with '))
        return REPORT
      },
      async rescueHelper({ name }) {
        calls.push(name)
        return REPORT
      },
    },
  }
  await rescueEndangered(world, { stopping: ['nova_libvirt'], cause: 'stop', places: [], helpers: [] })
  assert.deepEqual(calls, ['vm', 'virtlogd'])
})
