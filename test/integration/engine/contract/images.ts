import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../../../../src/core/index.ts'
import { IMAGE } from '../engine-under-test.ts'
import type { EngineUnderTest } from '../engine-under-test.ts'
import { code, tarOf } from '../expect.ts'

/** What an engine tells of itself and of its images, and how it builds one. */
export function imagesAreKept(under: EngineUnderTest): void {
  const { spec, running, major } = under

  test('tells its version, cgroup driver and where its data is', under.needsEngine, async () => {
    const facts = await under.engine.facts()
    assert.equal(facts.kind, under.kind)
    assert.match(facts.version, /^\d+\.\d+/)
    assert.equal(facts.cgroupDriver, 'cgroupfs')
    assert.ok(facts.storageDir.startsWith(under.bed.dir), facts.storageDir)
    assert.equal(facts.stopsContainersWithDaemon, under.kind === 'docker')
    assert.equal(facts.hasShim, under.kind === 'docker')
    assert.equal(facts.startsAtBoot, false)
  })

  test('an engine that is not there is ENGINE_UNREACHABLE with what to do', under.needsEngine, async () => {
    await assert.rejects(under.bed.unreachable.facts(), (error) => {
      assert.ok(isAnnealError(error, 'ENGINE_UNREACHABLE'))
      assert.match(error.remedy, /install/)
      return true
    })
  })

  test('an imported image keeps its labels, however they are written', under.needsEngine, async () => {
    const image = await under.engine.inspectImage(IMAGE)
    assert.equal(image?.labels['io.anneal.what'], 'say "$HOME" \\ twice')
    assert.match(image?.id ?? '', /^sha256:[0-9a-f]{64}$/)
    assert.deepEqual(image?.tags, [IMAGE])
    assert.equal(image?.architecture, 'amd64')
    assert.ok((image?.sizeBytes ?? 0) > 1 << 20)
    assert.equal((await under.engine.inspectImage(image?.id ?? ''))?.id, image?.id)
  })

  test('absent images and containers are undefined', under.needsEngine, async () => {
    assert.equal(await under.engine.inspectImage('localhost/nothing:1'), undefined)
    assert.equal(await under.engine.inspectImage(`localhost/nothing@sha256:${'0'.repeat(64)}`), undefined)
    assert.equal(await under.engine.inspectContainer('nothing'), undefined)
  })

  test('an image that is not held is IMAGE_NOT_FOUND, and never pulled', under.needsEngine, async () => {
    await assert.rejects(
      under.engine.createContainer(spec({ image: 'localhost/nothing:1' })),
      code('IMAGE_NOT_FOUND'),
    )
  })

  test(
    'builds from a tar of the context, with arguments, labels and a healthcheck',
    under.needsEngine,
    async (t) => {
      if (under.kind === 'podman' && (await major()) >= 5 && !under.bed.raisesLimits) {
        return t.skip('needs CAP_SYS_RESOURCE: Podman 5 raises limits for each step of a build')
      }
      const dockerfile = `FROM ${IMAGE}\nARG what\nCOPY file /file\nHEALTHCHECK --interval=1s CMD true\nRUN echo built $what\nLABEL a=b\nUSER nobody\n`
      const lines: string[] = []
      const image = await under.engine.buildImage(tarOf({ 'sub/Dockerfile': dockerfile, file: 'content' }), {
        tag: 'localhost/anneal-built:1',
        dockerfile: 'sub/Dockerfile',
        buildArgs: { what: 'iron' },
        labels: { c: 'd' },
        networkMode: 'host',
        onOutput: (line) => lines.push(line),
      })
      assert.ok(lines.includes('built iron'), lines.join('\n'))
      assert.equal(image.user, 'nobody')
      assert.deepEqual([image.labels['a'], image.labels['c']], ['b', 'd'])
      assert.deepEqual(image.tags, ['localhost/anneal-built:1'])
      assert.notEqual(
        (await running({ image: 'localhost/anneal-built:1', command: ['sleep', '1000'] })).health,
        'none',
      )
    },
  )

  test('a build that fails is IMAGE_BUILD_FAILED with its last lines', under.needsEngine, async () => {
    const context = tarOf({ Dockerfile: `FROM ${IMAGE}\nRUN echo cracked && exit 9\n` })
    await assert.rejects(
      under.engine.buildImage(context, { tag: 'localhost/broken:1', networkMode: 'host' }),
      (error) => {
        assert.ok(isAnnealError(error, 'IMAGE_BUILD_FAILED'))
        assert.match(error.remedy, /cracked/)
        return true
      },
    )
  })
}
