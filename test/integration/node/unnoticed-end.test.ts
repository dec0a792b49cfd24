/**
 * Docker learns of a container's end from containerd. One that comes while containerd is down is told again for some seconds,
 * and then never: Docker calls the container running, does not restart it, and `docker start` does nothing.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startGuest } from '../../../lab/index.ts'
import { ComputeNode } from './support/compute-node.ts'
import type { Alive, Status } from './support/compute-node.ts'

describe('a libvirt whose end Docker missed', () => {
  let node: ComputeNode
  let guest: Alive
  let release: string

  before(async () => {
    node = await ComputeNode.up({ name: 'unnoticed-end', engine: 'docker' }, 'docker')
    release = await node.lock({ mark: 'one', libvirt: 'bookworm' })
    await node.expect(0, 'node', 'upgrade', release)
    guest = await node.alive(
      await startGuest(node.host, { name: 'stays', via: await node.container(), engine: 'docker' }),
    )
    await loseEnd()
  })
  after(() => node.down())

  test('Docker calls it running and does not start it', async () => {
    const name = await node.container()
    assert.equal(await stateOf(name), 'running')
    await node.host.must(['docker', 'start', name])
    assert.equal(await firstProcess(name), undefined)
  })

  test('the status says that it does not run, and the doctor why', async () => {
    const { value } = await node.anneal<Status>(['node', 'status'])
    assert.notEqual(value.services.find(({ service }) => service === 'libvirt')?.status, 'running')
    const doctor = await node.anneal<{ findings: readonly { code: string }[] }>(['node', 'doctor'])
    assert.ok(
      doctor.value.findings.some(({ code }) => code === 'CONTAINER_END_UNNOTICED'),
      doctor.stdout,
    )
  })

  test('recover starts it again, and the guest runs on', async () => {
    await node.expect(0, 'node', 'recover')
    await node.assertUntouched(guest)
    await node.assertAtRest()
    assert.notEqual(await firstProcess(await node.container()), undefined)
  })

  /** The shim of containerd tells an end for about 15 seconds. */
  async function loseEnd(): Promise<void> {
    const pid = await firstProcess(await node.container())
    await node.host.sh(
      `systemctl stop containerd; kill -KILL ${pid}; sleep 40; systemctl start containerd; sleep 5`,
      {
        timeoutMs: 120_000,
      },
    )
  }

  async function stateOf(name: string): Promise<string> {
    return (await node.host.must(['docker', 'inspect', '--format', '{{.State.Status}}', name])).trim()
  }

  /** undefined where Docker names none, or one that is gone. */
  async function firstProcess(name: string): Promise<number | undefined> {
    const pid = Number(await node.host.must(['docker', 'inspect', '--format', '{{.State.Pid}}', name]))
    const { exitCode } = await node.host.exec(['test', '-d', `/proc/${pid}`])
    return pid > 0 && exitCode === 0 ? pid : undefined
  }
})
