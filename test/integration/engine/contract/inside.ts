import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { IMAGE } from '../engine-under-test.ts'
import type { EngineUnderTest } from '../engine-under-test.ts'
import { code, until } from '../expect.ts'

/** What is done inside of containers: exec, files, output, and runs that leave nothing. */
export function programsRunInside(under: EngineUnderTest): void {
  const { spec, running, inspected, output } = under

  test('exec gives both outputs and the exit code, and takes input', under.needsEngine, async () => {
    const { id } = await running()
    const result = await under.engine.exec(id, ['sh', '-c', 'cat; echo "no" >&2; exit 42'], {
      input: 'yes\n',
    })
    assert.deepEqual(result, { exitCode: 42, stdout: 'yes\n', stderr: 'no\n' })
    const long = await under.engine.exec(id, ['sh', '-c', 'seq 1 100000'])
    assert.equal(long.stdout.length, 588_895)
    const argument = 'a "b" $c \\ \n'
    assert.equal((await under.engine.exec(id, ['echo', argument])).stdout, `${argument}\n`)
  })

  test(
    'exec of a missing program, or in a stopped container, is EXEC_FAILED',
    under.needsEngine,
    async () => {
      const { id } = await running()
      await assert.rejects(under.engine.exec(id, ['/no/such/program']), code('EXEC_FAILED'))
      await under.engine.stopContainer(id, 1000)
      await assert.rejects(under.engine.exec(id, ['true']), code('EXEC_FAILED'))
    },
  )

  test('exec that takes too long is EXEC_TIMEOUT, and its process is gone', under.needsEngine, async () => {
    const { id } = await running()
    await assert.rejects(
      under.engine.exec(id, ['sh', '-c', 'sleep 4321; true'], { timeoutMs: 300 }),
      code('EXEC_TIMEOUT'),
    )
    await until(async () => !(await output(id, 'ps')).includes('sleep 4321'))
  })

  test('files can be put into a container, running or not', under.needsEngine, async () => {
    const id = await under.engine.createContainer(spec())
    await under.engine.putFiles(id, { '/deep/down/file': 'early\n' })
    await under.engine.startContainer(id)
    await under.engine.putFiles(id, { '/deep/down/other': 'late\n', '/tmp/x': '' })
    const command = 'cat /deep/down/file /deep/down/other; stat -c %u:%a /deep/down/file'
    const stdout = 'early\nlate\n0:644\n'
    assert.deepEqual(await under.engine.exec(id, ['sh', '-c', command]), { exitCode: 0, stdout, stderr: '' })
  })

  test('logs gives the last lines of both outputs', under.needsEngine, async () => {
    const { id } = await running({ command: ['sh', '-c', 'echo one; echo two >&2; sleep 0.2; echo three'] })
    await until(async () => (await inspected(id)).status === 'exited')
    assert.equal(await under.engine.logs(id, 1), 'three\n')
    assert.deepEqual((await under.engine.logs(id, 10)).trim().split('\n').toSorted(), ['one', 'three', 'two'])
  })

  test('runOnce sees no network, no host process and no host file', under.needsEngine, async () => {
    const command = [
      'sh',
      '-c',
      `ls /sys/class/net; ls -d /proc/${process.pid}; id -u; cat /etc/asked; grep NoNewPrivs /proc/self/status; exit 5`,
    ]
    const result = await under.engine.runOnce(IMAGE, {
      command,
      files: { '/etc/asked': 'the question\n' },
      timeoutMs: 20_000,
    })
    assert.deepEqual(result, {
      exitCode: 5,
      stdout: 'lo\n0\nthe question\nNoNewPrivs:\t1\n',
      stderr: `ls: /proc/${process.pid}: No such file or directory\n`,
    })
  })

  test('runOnce with a read-only root still takes files, mounts and a user', under.needsEngine, async () => {
    const source = join(under.bed.dir, 'asked')
    writeFileSync(source, 'from the host\n')
    const result = await under.engine.runOnce(IMAGE, {
      entrypoint: ['/bin/sh', '-c'],
      command: ['cat /run/deep/file /host; touch /x || id -u; echo tmp > /tmp/x && cat /tmp/x'],
      files: { '/run/deep/file': 'deep\n' },
      mounts: [
        { type: 'bind', source, target: '/host', readOnly: true },
        { type: 'tmpfs', source: '', target: '/tmp', readOnly: false, tmpfsMode: 0o1777 },
      ],
      readOnlyRoot: true,
      user: '65534',
      timeoutMs: 20_000,
    })
    assert.equal(result.stdout, 'deep\nfrom the host\n65534\ntmp\n')
    assert.match(result.stderr, /Read-only file system/)
  })

  test('runOnce leaves nothing behind, also when it takes too long', under.needsEngine, async () => {
    const earlier = await under.engine.listContainers({})
    await assert.rejects(
      under.engine.runOnce(IMAGE, { command: ['sleep', '1000'], timeoutMs: 300 }),
      code('IMAGE_ANSWER_TIMEOUT'),
    )
    await assert.rejects(
      under.engine.runOnce(IMAGE, { command: ['/no'], timeoutMs: 1000 }),
      code('CONTAINER_START_FAILED'),
    )
    assert.deepEqual((await under.engine.listContainers({})).length, earlier.length)
  })

  test('runOnce removes what a killed run left behind', under.needsEngine, async () => {
    const left = await under.engine.createContainer(spec({ labels: { 'io.anneal.run-once': '4194304' } }))
    await under.engine.runOnce(IMAGE, { command: ['true'], timeoutMs: 20_000 })
    assert.equal(await under.engine.inspectContainer(left), undefined)
  })
}
