import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { PullProgress } from '../../../../src/ports/index.ts'
import { openBed } from '../bed.ts'
import type { EngineUnderTest } from '../engine-under-test.ts'
import { code, tarOf } from '../expect.ts'
import { LOGIN, freePort } from '../registry.ts'

/** What a registry gives, and refuses. */
export function imagesArePulled(under: EngineUnderTest): void {
  test('pulls by digest, with progress that only grows', under.needsRegistry, async () => {
    const reference = `${under.registries.slow.host}/forge/hammer@${under.digest}`
    const progress: PullProgress[] = []
    const image = await under.engine.pullImage(reference, { onProgress: (step) => progress.push(step) })
    assert.ok(image.repoDigests.includes(reference), image.repoDigests.join(' '))
    assert.equal(image.labels['marker'], 'one')
    for (const [index, step] of progress.entries()) {
      const last = progress[index - 1]
      assert.ok(step.doneBytes <= step.totalBytes)
      assert.ok(
        last === undefined || (step.doneBytes >= last.doneBytes && step.layersDone >= last.layersDone),
      )
    }
    const end = progress.at(-1)
    // Podman counts the image's configuration with the layers.
    assert.equal(end?.layersTotal, under.kind === 'docker' ? 3 : 4)
    assert.equal(end?.layersDone, end?.layersTotal)
    assert.ok((end?.doneBytes ?? 0) > 3 << 20, JSON.stringify(end))
    assert.ok(new Set(progress.map(({ doneBytes }) => doneBytes)).size > 2)
    assert.equal((await under.engine.inspectImage(reference))?.id, image.id)
    // A second pull finds everything there.
    assert.equal((await under.engine.pullImage(reference, {})).id, image.id)
  })

  test('pulls by tag, for a release that is being locked', under.needsRegistry, async () => {
    const image = await under.engine.pullImage(`${under.registries.open.host}/forge/hammer:two`, {})
    assert.ok(image.repoDigests.includes(`${under.registries.open.host}/forge/hammer@${under.otherDigest}`))
  })

  test('what the registry does not have is IMAGE_NOT_FOUND', under.needsRegistry, async () => {
    const absent = `sha256:${'1'.repeat(64)}`
    await assert.rejects(
      under.engine.pullImage(`${under.registries.open.host}/forge/hammer@${absent}`, {}),
      code('IMAGE_NOT_FOUND'),
    )
    await assert.rejects(
      under.engine.pullImage(`${under.registries.open.host}/forge/hammer:three`, {}),
      code('IMAGE_NOT_FOUND'),
    )
    await assert.rejects(
      under.engine.pullImage(`${under.registries.open.host}/no/such:one`, {}),
      code('IMAGE_NOT_FOUND'),
    )
  })

  test(
    'a registry that gives another image for the under.digest is IMAGE_DIGEST_MISMATCH',
    under.needsRegistry,
    async () => {
      const reference = `${under.registries.lying.host}/forge/hammer@${under.unseenDigest}`
      await assert.rejects(under.engine.pullImage(reference, {}), code('IMAGE_DIGEST_MISMATCH'))
      assert.equal(await under.engine.inspectImage(reference), undefined)
    },
  )

  test(
    'a registry that wants a login gets it from the auth files, or refuses',
    under.needsRegistry,
    async (t) => {
      const reference = `${under.registries.closed.host}/forge/anvil:one`
      const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')
      const folder = join(under.dir, 'login')
      mkdirSync(folder)
      isolateLogins(t, folder)
      const write = (auths: object) => writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths }))
      await assert.rejects(under.engine.pullImage(reference, {}), code('REGISTRY_AUTH_REQUIRED'))
      write({ [under.registries.closed.host]: { auth: Buffer.from('anneal:wrong').toString('base64') } })
      await assert.rejects(under.engine.pullImage(reference, {}), code('REGISTRY_AUTH_REQUIRED'))
      write({ [under.registries.closed.host]: { auth } })
      assert.equal((await under.engine.pullImage(reference, {})).labels['marker'], 'one')
    },
  )

  test('a registry that does not answer is REGISTRY_UNREACHABLE', under.needsRegistry, async () => {
    const reference = `127.0.0.1:${await freePort()}/forge/hammer@${under.digest}`
    await assert.rejects(under.engine.pullImage(reference, {}), code('REGISTRY_UNREACHABLE'))
  })

  test('a pull can be given up', under.needsRegistry, async () => {
    const pulling = under.engine.pullImage(`${under.silentHost()}/forge/hammer:one`, {
      signal: AbortSignal.timeout(500),
    })
    await assert.rejects(pulling, { name: /Abort|Timeout/ })
  })

  test('a disk that is full is DISK_FULL', under.needsRegistry, async (t) => {
    // Enough for an engine to begin with, not for an image of 6 MB.
    const small = await openBed(under.kind, { insecureRegistries: [under.registries.open.host], diskMiB: 4 })
    t.after(small.close)
    await assert.rejects(
      small.engine.pullImage(`${under.registries.open.host}/forge/hammer@${under.digest}`, {}),
      code('DISK_FULL'),
    )
    const big = tarOf({ big: 'x'.repeat(8 << 20) })
    await assert.rejects(small.engine.importImage(big, 'localhost/big:1', {}), code('DISK_FULL'))
  })
}

/** Only the given folder's auth file is seen until the test ends. */
function isolateLogins(t: TestContext, folder: string): void {
  const changes = { DOCKER_CONFIG: folder, REGISTRY_AUTH_FILE: join(folder, 'none.json') }
  const saved = Object.keys(changes).map((name) => [name, process.env[name]] as const)
  Object.assign(process.env, changes)
  t.after(() => {
    for (const [name, value] of saved) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
}
