import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { glance } from './glance.ts'
import type { Glance } from './glance.ts'
import { openHttp } from './http.ts'
import { openSession } from './session.ts'
import { FakeCloud } from './testing/fake-cloud.ts'
import type { FakeAnswer, Responder } from './testing/fake-cloud.ts'

const started: FakeCloud[] = []
describe('the client of Glance', () => {
  afterEach(async () => {
    for (const cloud of started.splice(0)) await cloud.stop()
  })

  async function open(...responders: Responder[]): Promise<{ images: Glance; cloud: FakeCloud }> {
    const cloud = await FakeCloud.start(...responders)
    started.push(cloud)
    const session = openSession(
      { name: 'test', auth: { kind: 'none' }, interface: 'public', endpoints: { image: cloud.url } },
      openHttp({ retryMs: 1, timeoutMs: 2000 }),
    )
    return { images: glance(session), cloud }
  }

  const ID = '6f3c1d2e-0000-4000-8000-00000000000'

  /** As Glance 25 shows an image. */
  function shown(number: number, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    return {
      kernel_id: 'k',
      os_distro: 'fedora',
      name: `image ${number}`,
      disk_format: 'raw',
      container_format: 'bare',
      visibility: 'private',
      size: 42,
      virtual_size: null,
      status: 'active',
      checksum: 'c',
      protected: false,
      min_ram: 0,
      min_disk: 0,
      owner: 'o',
      os_hidden: false,
      os_hash_algo: 'sha512',
      os_hash_value: 'ff',
      id: `${ID}${number}`,
      created_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-01-01T00:00:00Z',
      tags: [],
      self: '/v2/images/x',
      file: '/v2/images/x/file',
      schema: '/v2/schemas/image',
      ...more,
    }
  }

  async function* chunks(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) yield Buffer.from(part)
  }

  describe('an image', () => {
    test('is read with its own members apart from its properties', async () => {
      const { images } = await open(() => ({ json: shown(1) }))
      const image = await images.show(`${ID}1`)
      assert.deepEqual(image?.properties, { kernel_id: 'k', os_distro: 'fedora' })
      assert.equal(image?.osHashValue, 'ff')
      assert.equal(image?.sizeBytes, 42)
    })

    test('that is not there is undefined', async () => {
      const { images } = await open()
      assert.equal(await images.show(`${ID}1`), undefined)
    })

    test('with a member of the wrong kind is refused with its place', async () => {
      const { images } = await open(() => ({ json: shown(1, { size: 'big' }) }))
      await assert.rejects(images.show(`${ID}1`), (error) => {
        assert.ok(isAnnealError(error, 'OPENSTACK_REPLY_INVALID'))
        assert.match(error.message, /the answer\.size is a string, expected a number/)
        return true
      })
    })

    test('is created with its properties beside its own members', async () => {
      const { images, cloud } = await open(() => ({ status: 201, json: shown(1, { status: 'queued' }) }))
      const properties = { kernel_cmdline: 'root=LABEL=r' }
      await images.create({ name: 'n', diskFormat: 'ami', containerFormat: 'ami', properties })
      assert.deepEqual(JSON.parse(cloud.requests[0]?.body.toString() ?? ''), {
        name: 'n',
        disk_format: 'ami',
        container_format: 'ami',
        kernel_cmdline: 'root=LABEL=r',
      })
    })

    test('is changed by a JSON patch of the Image API’s own media type', async () => {
      const { images, cloud } = await open(() => ({ json: shown(1) }))
      await images.update(`${ID}1`, [{ op: 'add', name: 'a/b', value: 'x' }])
      assert.equal(cloud.requests[0]?.headers['content-type'], 'application/openstack-images-v2.1-json-patch')
      assert.deepEqual(JSON.parse(cloud.requests[0]?.body.toString() ?? ''), [
        { op: 'add', value: 'x', path: '/a~1b' },
      ])
    })

    test('that is gone already counts as removed', async () => {
      const { images } = await open()
      await images.remove(`${ID}1`)
    })
  })

  describe('finding an image', () => {
    const listing =
      (...found: readonly object[]): Responder =>
      (request) =>
        request.path === '/v2/images' ? { json: { images: found } } : undefined

    test('by a name asks for that name', async () => {
      const { images, cloud } = await open(listing(shown(1)))
      assert.equal((await images.find('image 1')).id, `${ID}1`)
      assert.equal(cloud.requests[0]?.query.get('name'), 'image 1')
    })

    test('by a name that several have names their ids', async () => {
      const { images } = await open(listing(shown(1), shown(2)))
      await assert.rejects(images.find('image'), (error) => {
        assert.ok(isAnnealError(error, 'OPENSTACK_AMBIGUOUS'))
        assert.match(error.message, new RegExp(`${ID}1, ${ID}2`))
        return true
      })
    })

    test('that does not exist is an error that says so', async () => {
      const { images } = await open(listing())
      await assert.rejects(images.find('image'), (error) => isAnnealError(error, 'OPENSTACK_NAME_UNKNOWN'))
    })
  })

  test('a list goes on to the last page and no further', async () => {
    const { images, cloud } = await open((request) => {
      const marker = request.query.get('marker')
      return marker === null
        ? { json: { images: [shown(1), shown(2)], next: '/v2/images?marker=x' } }
        : { json: { images: [shown(3)] } }
    })
    const names: string[] = []
    for await (const image of images.list({ os_distro: 'fedora' })) names.push(image.name)
    assert.deepEqual(names, ['image 1', 'image 2', 'image 3'])
    assert.deepEqual(
      cloud.requests.map((one) => [one.query.get('marker'), one.query.get('os_distro')]),
      [
        [null, 'fedora'],
        [`${ID}2`, 'fedora'],
      ],
    )
  })

  describe('an upload', () => {
    const accepts: Responder = () => ({ status: 204 })

    test('of known length says it', async () => {
      const { images, cloud } = await open(accepts)
      await images.upload('i', chunks('abc', 'def'), { sizeBytes: 6 })
      assert.equal(cloud.requests[0]?.headers['content-length'], '6')
      assert.equal(cloud.requests[0]?.headers['transfer-encoding'], undefined)
      assert.equal(cloud.requests[0]?.body.toString(), 'abcdef')
      assert.equal(cloud.requests[0]?.headers['content-type'], 'application/octet-stream')
    })

    test('of unknown length is chunked', async () => {
      const { images, cloud } = await open(accepts)
      await images.upload('i', chunks('abc', 'def'))
      assert.equal(cloud.requests[0]?.headers['transfer-encoding'], 'chunked')
      assert.equal(cloud.requests[0]?.body.toString(), 'abcdef')
    })

    test('shows every chunk to who hashes', async () => {
      const { images } = await open(accepts)
      const seen: string[] = []
      await images.upload('i', chunks('abc', 'def'), {
        onChunk: (one) => seen.push(Buffer.from(one).toString()),
      })
      assert.deepEqual(seen, ['abc', 'def'])
    })

    test('of other bytes than were announced does not pass', async () => {
      const { images } = await open(accepts)
      await assert.rejects(images.upload('i', chunks('abc'), { sizeBytes: 6 }))
    })

    test('whose source fails ends with the source’s own error', async () => {
      const { images } = await open(accepts)
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('abc')
        throw new TypeError('the disk is on fire')
      }
      await assert.rejects(images.upload('i', broken()), /the disk is on fire/)
    })

    for (const [status, code] of [
      [413, 'OPENSTACK_QUOTA'],
      [409, 'OPENSTACK_CONFLICT'],
    ] as const) {
      test(`that is refused with ${status} while it is under way tells the server’s words`, async () => {
        const { images } = await open(() => ({ status, text: 'Denying attempt', early: true }))
        async function* endless(): AsyncGenerator<Uint8Array> {
          for (;;) yield Buffer.alloc(1 << 16)
        }
        await assert.rejects(images.upload('i', endless()), (error) => {
          assert.ok(isAnnealError(error, code), String(error))
          assert.match(error.message, /Denying attempt/)
          return true
        })
      })
    }
  })

  describe('an upload under which the service closes the connection', () => {
    async function* many(): AsyncGenerator<Uint8Array> {
      for (let part = 0; part < 64; part += 1) yield Buffer.alloc(1 << 16)
    }
    const SIZE = { sizeBytes: 64 << 16 }

    /** Hangs up under the first upload, and then answers as told. */
    function hangingUp(then: FakeAnswer): Responder {
      let seen = 0
      return ({ method }) => {
        if (method !== 'PUT') return undefined
        seen += 1
        return seen === 1 ? { early: true, hangUp: true } : { ...then, early: true }
      }
    }

    test('is reported with the reason of a retry with one byte', async () => {
      const { images, cloud } = await open(hangingUp({ status: 413, text: 'Denying attempt' }))
      await assert.rejects(images.upload('i', many(), SIZE), (error) => {
        assert.ok(isAnnealError(error, 'OPENSTACK_QUOTA'), String(error))
        assert.match(error.message, /Denying attempt/)
        return true
      })
      assert.equal(cloud.requests.at(-1)?.headers['content-length'], String(SIZE.sizeBytes))
    })

    test('is reported as a lost connection where that is the only reason', async () => {
      const { images } = await open(hangingUp({ status: 409, text: 'saving' }))
      await assert.rejects(images.upload('i', many(), SIZE), (error) =>
        isAnnealError(error, 'OPENSTACK_UNREACHABLE'),
      )
    })
  })

  test('a download comes as it is stored', async () => {
    const { images } = await open(() => ({ text: 'bytes of the image' }))
    let text = ''
    for await (const chunk of await images.download('i')) text += Buffer.from(chunk).toString()
    assert.equal(text, 'bytes of the image')
  })
})
