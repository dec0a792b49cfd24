import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fromBytes } from '../../../bytes/index.ts'
import { isAnnealError } from '../../../core/index.ts'
import { NEW_CLUSTER_BYTES, openQcow2 } from '../../../formats/qcow2/index.ts'
import type { StoredImage } from '../../../ports/index.ts'
import { FakeStore } from './testing/fake-store.ts'
import { SmallPush } from './testing/small-push.ts'

const decompress = {
  inflateRaw: () => Promise.reject(new Error('nothing is compressed')),
  zstd: () => Promise.reject(new Error('nothing is compressed')),
}

function small(chunkBytes?: number): { push: SmallPush; store: FakeStore } {
  const store = new FakeStore()
  return { push: new SmallPush(store, chunkBytes), store }
}

function named(store: FakeStore, name: string): StoredImage {
  const found = [...store.images.values()].filter((image) => image.name === name)
  assert.equal(found.length, 1, name)
  return found[0] as StoredImage
}

describe('a push', () => {
  test('puts kernel, ramdisk and base into the store, whole and wired together', async () => {
    const { push, store } = small()
    const { images, set } = await push.run()
    const [kernel, ramdisk, base] = ['small-kernel', 'small-ramdisk', 'small'].map((name) =>
      named(store, name),
    )
    assert.deepEqual(
      images.map(({ id, outcome }) => [id, outcome]),
      [kernel, ramdisk, base].map((image) => [image?.id, 'uploaded']),
    )
    assert.deepEqual(
      [kernel?.containerFormat, ramdisk?.diskFormat, base?.containerFormat],
      ['aki', 'ari', 'ami'],
    )
    assert.deepEqual(store.bytes.get(kernel?.id ?? ''), push.kernel)
    assert.deepEqual(store.bytes.get(ramdisk?.id ?? ''), push.ramdiskBytes)
    assert.deepEqual(store.bytes.get(base?.id ?? ''), push.baseBytes)
    const { anneal_content: content, ...properties } = base?.properties ?? {}
    assert.match(content ?? '', /^[0-9a-f]{64}$/)
    assert.deepEqual(properties, {
      kernel_id: kernel?.id,
      ramdisk_id: ramdisk?.id,
      kernel_cmdline: 'root=LABEL=r',
      os_distro: 'fedora',
      os_version: '21',
      anneal_set: set,
      anneal_role: 'base',
      anneal_state: 'complete',
      anneal_source: 'small.qcow2',
      anneal_holds: 'filesystem',
      anneal_ostree_commit: 'c0ffee',
      anneal_ostree_stateroot: 'os',
      anneal_ostree_serial: '1',
    })
    assert.equal(push.reads, 1)
  })

  test('gives an image its name last, and the base after what it names', async () => {
    const { push, store } = small()
    await push.run()
    assert.deepEqual(
      store.done,
      ['small-kernel', 'small-ramdisk', 'small'].flatMap((name) =>
        ['create', 'upload', 'change'].map((call) => `${call} ${name} (uploading)`),
      ),
    )
  })

  test('for the second time uploads and changes nothing', async () => {
    const { push, store } = small()
    const first = await push.run()
    const before = store.done.length
    const second = await push.run()
    assert.equal(store.done.length, before)
    assert.deepEqual(
      second.images.map(({ id, outcome, sentBytes, sha512 }) => ({ id, outcome, sentBytes, sha512 })),
      first.images.map(({ id, sha512 }) => ({ id, outcome: 'kept', sentBytes: 0, sha512 })),
    )
  })

  test('of a base with one other byte keeps kernel and ramdisk', async () => {
    const { push } = small()
    await push.run()
    push.last = Buffer.from(push.last).fill('y', 0, 1)
    const { images } = await push.run()
    assert.deepEqual(
      images.map(({ outcome }) => outcome),
      ['kept', 'kept', 'uploaded'],
    )
  })

  test('of a packed base sends its used clusters alone, and nothing the second time', async () => {
    const { push, store } = small(NEW_CLUSTER_BYTES)
    push.wishes = { diskFormat: 'qcow2', containerFormat: 'bare' }
    const { images } = await push.run()
    const base = images.at(-1)
    const held = store.bytes.get(base?.id ?? '') ?? Buffer.alloc(0)
    assert.deepEqual(
      [base?.diskFormat, base?.sizeBytes, base?.sentBytes],
      ['qcow2', push.baseBytes.length, held.length],
    )
    const { source } = await openQcow2(fromBytes(held), { decompress })
    assert.deepEqual(Buffer.from(await source.read(0, source.size)), push.baseBytes)
    const again = await push.run()
    assert.deepEqual(
      again.images.map(({ id, outcome, sentBytes }) => [id, outcome, sentBytes]),
      images.map(({ id }) => [id, 'kept', 0]),
    )
    push.wishes = { ...push.wishes, compression: 'zlib' }
    assert.equal((await push.run()).images.at(-1)?.outcome, 'uploaded')
  })

  test('with another property, name or kernel makes another base', async () => {
    for (const other of ['property', 'name', 'kernel'] as const) {
      const { push } = small()
      const first = await push.run()
      if (other === 'property') push.wishes = { properties: { os_type: 'linux' } }
      if (other === 'name') push.wishes = { name: 'other' }
      if (other === 'kernel') push.kernel = Buffer.from('another')
      const { images } = await push.run()
      assert.equal(images.at(-1)?.outcome, 'uploaded', other)
      assert.notEqual(images.at(-1)?.id, first.images.at(-1)?.id)
    }
  })

  test('does not take a kernel of another visibility, project or role for its own', async () => {
    for (const change of [{ visibility: 'public' }, { own: false }, { status: 'deactivated' }]) {
      const { push, store } = small()
      await push.run()
      store.put({ ...named(store, 'small-kernel'), ...change })
      assert.equal((await push.run()).images[0]?.outcome, 'uploaded', JSON.stringify(change))
    }
  })

  test('that is only planned changes nothing and says what it would do', async () => {
    const { push, store } = small()
    push.wishes = { mode: 'plan' }
    const { images } = await push.run()
    assert.deepEqual(store.done, [])
    assert.deepEqual(new Set(images.map(({ outcome }) => outcome)), new Set(['would be uploaded']))
  })

  test('protects also what is there already', async () => {
    const { push, store } = small()
    await push.run()
    push.wishes = { protection: 'protected' }
    await push.run()
    assert.ok([...store.images.values()].every((image) => image.protected))
  })
})

describe('a push that fails', () => {
  test('because the store holds other bytes removes the image and says both digests', async () => {
    const { push, store } = small()
    store.damage = (bytes) => Buffer.from(bytes).fill('!', 0, 1)
    await assert.rejects(push.run(), (error) => {
      assert.ok(isAnnealError(error, 'PUSH_HASH_MISMATCH'))
      assert.match(
        error.message,
        /"small-kernel": the store has sha512 [0-9a-f]{128} of 10 bytes, but [0-9a-f]{128} of 10 was sent/,
      )
      return true
    })
    assert.equal(store.images.size, 0)
  })

  test('because bytes got lost is refused as well', async () => {
    const { push, store } = small()
    store.damage = (bytes) => bytes.subarray(1)
    await assert.rejects(push.run(), (error) => isAnnealError(error, 'PUSH_HASH_MISMATCH'))
  })

  test('at any call leaves nothing under a final name, and the next one goes on', async () => {
    for (let failing = 0; failing < 9; failing += 1) {
      const { push, store } = small()
      let calls = 0
      store.before = (call) => {
        if (call === 'remove') return
        calls += 1
        if (calls === failing + 1) throw new Error('no quota')
      }
      await assert.rejects(push.run(), /no quota/, `call ${failing}`)
      const whole = Math.floor(failing / 3)
      assert.deepEqual(
        [...store.images.values()].map(({ name }) => name),
        ['small-kernel', 'small-ramdisk'].slice(0, whole),
      )
      const { images } = await push.run()
      assert.equal(images.filter(({ outcome }) => outcome === 'kept').length, whole)
      assert.equal(store.images.size, 3)
    }
  })

  test('by being killed leaves an image that the next push of the same set removes', async () => {
    const { push, store } = small()
    store.before = (call, name) => {
      // What a dead process does not do is clean up.
      if (call === 'remove' || (call === 'upload' && name.startsWith('small ('))) throw new Error('killed')
    }
    await assert.rejects(push.run(), /killed/)
    const left = named(store, 'small (uploading)')
    assert.equal(left.status, 'queued')
    store.before = () => undefined
    // While it is young it may belong to another push that is about to send its bytes.
    push.now = Date.parse(left.updatedAt) + 60_000
    const early = await push.run()
    assert.deepEqual(early.removed, [])
    store.images.delete(early.images.at(-1)?.id ?? '')
    push.now = Date.parse(left.updatedAt) + 2 * 3_600_000
    const { removed, images } = await push.run()
    assert.deepEqual(removed, [{ id: left.id, name: left.name }])
    assert.deepEqual(
      images.map(({ outcome }) => outcome),
      ['kept', 'kept', 'uploaded'],
    )
    assert.equal(store.images.size, 3)
  })

  test('leaves alone what another push is sending at this moment', async () => {
    const { push, store } = small()
    const { set } = await push.run()
    const properties = { anneal_set: set, anneal_role: 'base', anneal_state: 'uploading' }
    store.put({ id: 'busy', name: 'small (uploading)', status: 'saving', properties })
    await push.run()
    assert.ok(store.images.has('busy'))
    assert.ok(push.steps.some((step) => step.event === 'busy' && step.id === 'busy'))
  })

  test('by an abort removes what it had begun', async () => {
    const { push, store } = small()
    const controller = new AbortController()
    store.before = (call, name) => {
      if (call === 'upload' && name.startsWith('small (')) controller.abort(new Error('enough'))
    }
    await assert.rejects(push.run(controller.signal), /enough/)
    assert.deepEqual(
      [...store.images.values()].map(({ name }) => name),
      ['small-kernel', 'small-ramdisk'],
    )
  })
})

describe('pushes of one set beside each other', () => {
  test('leave one base, whole, whose id both give, and remove nothing of each other', async () => {
    // With so many turns in between, each order of the two is met: one first, the other first, both at once.
    for (let step = 0; step < 120; step += 1) {
      const { push, store } = small()
      // Also where the one that begins first is whole last.
      const [delay, slowness] = step < 60 ? [step, 0] : [20, step]
      push.slowness = slowness
      const other = new SmallPush(store)
      const late = async () => {
        for (let turn = 0; turn < delay; turn += 1) await Promise.resolve()
        return other.run()
      }
      const results = await Promise.all([push.run(), late()])
      const bases = [...store.images.values()].filter(
        ({ properties }) => properties['anneal_role'] === 'base',
      )
      assert.deepEqual(
        bases.map(({ name, properties }) => [name, properties['anneal_state']]),
        [['small', 'complete']],
        `step ${step}`,
      )
      for (const { images } of results) assert.equal(images.at(-1)?.id, bases[0]?.id)
      for (const link of ['kernel_id', 'ramdisk_id']) {
        assert.ok(store.images.has(bases[0]?.properties[link] ?? ''), `${link}, step ${step}`)
      }
    }
  })
})
