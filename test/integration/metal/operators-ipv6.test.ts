import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { run } from '../../../lab/index.ts'
import { REPOSITORY } from '../../../lab/paths.ts'
import { networkMachine } from '../../../src/adapters/machine/index.ts'
import { placeBootFiles } from '../../fixtures/conductor/index.ts'

const ANNEAL = [process.execPath, join(REPOSITORY, 'src/cli/main.ts')]

test('operators reach a conductor over IPv6, and its answers name that address', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-ipv6-'))
  const ramdisk = placeBootFiles(join(directory, 'ramdisk'))
  const words = ['metal', 'serve', '--state', directory, '--ramdisk-dir', ramdisk, '--dhcp', 'none']
  const [program, ...more] = [...ANNEAL, ...words, '--listen', '[::1]:0', '--machines', '127.0.0.1:0']
  const child = spawn(program, more, { stdio: ['ignore', 'ignore', 'pipe'] })
  t.after(async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
    rmSync(directory, { recursive: true })
  })
  let url: string | undefined
  for await (const line of createInterface(child.stderr)) {
    url = /^ready: operators at (http:\/\/\[::1\]:\d+),/.exec(line)?.[1]
    if (url !== undefined) break
  }
  assert.ok(url !== undefined, 'it is not ready')
  assert.match(await (await fetch(`${url}/v1`)).text(), /http:\/\/\[::1\]:/)
  const status = await run([...ANNEAL, 'metal', 'status', '--conductor', url])
  assert.equal(status.exitCode, 0, status.stderr)
})

test('machines are refused over IPv6 where it is mixed with IPv4, and with proxyDHCP', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-ipv6-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const ramdisk = placeBootFiles(join(directory, 'ramdisk'))
  const words = ['metal', 'serve', '--state', directory, '--ramdisk-dir', ramdisk, '--interface', 'lo']
  for (const [wishes, why] of [
    [['--subnet', '10.77.0.0/24'], /"10\.77\.0\.0.*" is an address of IPv4, and others are of IPv6/],
    [['--subnet', 'fd00::/64', '--dhcp', 'proxy'], /there is no proxyDHCP for IPv6/],
  ] as const) {
    const { exitCode, stderr } = await run([...ANNEAL, ...words, ...wishes, '--machines', '[fd00::1]:6386'])
    assert.equal(exitCode, 2, stderr)
    assert.match(stderr, why)
  }
})

test('an address of machines that is none is refused', async () => {
  for (const wrong of ['fd00::1:6386', '[fd00::1]', '[fd00::x]:6386', '999.1.1.1:6386', '10.77.1.1:99999']) {
    const words = ['metal', 'serve', '--ramdisk-dir', '/nowhere', '--machines', wrong]
    const { exitCode, stderr } = await run([...ANNEAL, ...words])
    assert.equal(exitCode, 2)
    assert.ok(stderr.includes(`--machines "${wrong}" is not ADDRESS:PORT, such as`), stderr)
  }
})

test('an SSH server is found at an address of IPv6', async (t) => {
  const server = createServer((socket) => socket.end('SSH-2.0-of_test\r\n')).listen(0, '::1')
  await once(server, 'listening')
  t.after(() => server.close())
  assert.equal(
    await networkMachine.sshBanner('::1', (server.address() as AddressInfo).port, 5_000),
    'SSH-2.0-of_test',
  )
})
