import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import type { ImageStore, StoredImage } from '../../ports/index.ts'
import { glance } from './glance.ts'
import { openHttp } from './http.ts'
import { imageStore } from './image-store.ts'
import { openSession } from './session.ts'
import { FakeCloud, keystone } from './testing/fake-cloud.ts'

const started: FakeCloud[] = []
describe('the store of images in Glance', () => {
  afterEach(async () => {
    for (const cloud of started.splice(0)) await cloud.stop()
  })

  /** A store with the images of two projects, of a cloud where the login has the project given. */
  async function open(project: object | undefined): Promise<{ store: ImageStore; cloud: FakeCloud }> {
    const cloud = await FakeCloud.start()
    started.push(cloud)
    const login = keystone([{ type: 'image', url: cloud.url }])
    cloud.add((request) => {
      const answer = login(request)
      const { token } = (answer?.json ?? {}) as { token?: object }
      return answer && { ...answer, json: { token: { ...token, ...(project && { project }) } } }
    })
    const shown = (id: string, owner: string): object => ({
      id,
      owner,
      name: id,
      status: 'active',
      visibility: 'public',
      protected: false,
      created_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-01-01T00:00:00Z',
      tags: [],
      os_hash_algo: 'sha512',
      os_hash_value: 'ff',
    })
    cloud.add(({ method }) =>
      method === 'PATCH'
        ? { json: shown('mine', 'p1') }
        : { json: { images: [shown('mine', 'p1'), shown('theirs', 'p2')] } },
    )
    const session = openSession(
      {
        name: 'test',
        interface: 'public',
        endpoints: {},
        auth: {
          kind: 'password',
          authUrl: `${cloud.url}/v3`,
          username: 'u',
          password: 'secret',
          scope: { projectName: 'p' },
        },
      },
      openHttp({ retryMs: 1, timeoutMs: 2000 }),
    )
    return { store: imageStore(session, glance(session)), cloud }
  }

  async function listed(store: ImageStore): Promise<readonly StoredImage[]> {
    const images: StoredImage[] = []
    for await (const image of store.list()) images.push(image)
    return images
  }

  test('an image is one’s own where the project of the login owns it', async () => {
    const { store } = await open({ id: 'p1', name: 'p' })
    assert.deepEqual(
      (await listed(store)).map(({ id, own }) => [id, own]),
      [
        ['mine', true],
        ['theirs', false],
      ],
    )
  })

  test('the digest of the store is given with its algorithm', async () => {
    const { store } = await open({ id: 'p1', name: 'p' })
    assert.deepEqual((await listed(store))[0]?.hash, { algorithm: 'sha512', value: 'ff' })
  })

  test('name, properties and protection change in one request', async () => {
    const { store, cloud } = await open({ id: 'p1', name: 'p' })
    await store.change('mine', { name: 'n', properties: { anneal_state: 'complete' }, protected: true })
    const [patch, ...others] = cloud.requests.filter(({ method }) => method === 'PATCH')
    assert.equal(others.length, 0)
    assert.deepEqual(JSON.parse(patch?.body.toString() ?? ''), [
      { op: 'replace', value: 'n', path: '/name' },
      { op: 'add', value: 'complete', path: '/anneal_state' },
      { op: 'replace', value: true, path: '/protected' },
    ])
  })
})
