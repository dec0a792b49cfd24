import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { openHttpSource } from './http-source.ts'
import { imageServer } from './testing/image-server.ts'

const MIB = 1024 * 1024
const image = Uint8Array.from({ length: 3 * MIB + 77 }, (_, index) => (index * 31 + (index >>> 11)) & 0xff)
const fast = { backoffMs: 1 }

function has(code: string, words = /./): (error: unknown) => boolean {
  return (error) => isAnnealError(error, code) && words.test(error.message)
}

test('an image on a server reads as it is, at any place and in any size', async () => {
  await using server = await imageServer(image)
  const source = await openHttpSource(server.url)
  assert.equal(source.size, image.length)
  for (const [offset, length] of [
    [0, 512],
    [MIB - 3, 7],
    [2 * MIB, MIB + 77],
    [image.length - 1, 1],
    [300_000, 400_000],
    [5, 0],
  ] as const) {
    assert.ok(Buffer.from(image.subarray(offset, offset + length)).equals(await source.read(offset, length)))
  }
  await assert.rejects(source.read(image.length, 1), has('READ_BEYOND_END'))
})

test('fetched blocks are not fetched again, and neighbours come in one request', async () => {
  await using server = await imageServer(image)
  const source = await openHttpSource(server.url)
  await source.read(0, 4096)
  await source.read(100_000, 4096)
  assert.equal(server.requests.length, 1)
  await source.read(MIB, 200_000)
  await Promise.all([source.read(MIB + 5000, 5000), source.read(MIB + 180_000, 5)])
  assert.equal(server.requests.length, 2)
  assert.equal(server.requests[1]?.range, `bytes=${MIB}-${MIB + 4 * 65_536 - 1}`)
})

test('an image that is replaced meanwhile is noticed, by its ETag and without one by its size', async () => {
  await using server = await imageServer(image)
  const source = await openHttpSource(server.url)
  server.etag = '"two"'
  await assert.rejects(source.read(MIB, 10), has('IMAGE_CHANGED', /"one".*"two"/))
  server.etag = undefined
  const other = await openHttpSource(server.url)
  server.image = image.subarray(0, 2 * MIB)
  await assert.rejects(other.read(MIB, 10), has('IMAGE_CHANGED', /its size/))
})

test('a server that knows no ranges is refused, and so is a missing image', async () => {
  await using server = await imageServer(image)
  server.before = (_, response) => {
    response.writeHead(200).end('everything')
    return true
  }
  await assert.rejects(openHttpSource(server.url, fast), has('IMAGE_NO_RANGES'))
  server.before = (_, response) => {
    response.writeHead(404).end()
    return true
  }
  server.requests.length = 0
  await assert.rejects(openHttpSource(server.url, fast), has('IMAGE_HTTP_FAILED', /404/))
  assert.equal(server.requests.length, 1, 'what will not pass is not repeated')
})

test('requests that fail on the way are repeated, and not for ever', async () => {
  await using server = await imageServer(image)
  let attempt = 0
  server.before = (request, response) => {
    attempt += 1
    if (attempt === 1) request.destroy()
    else if (attempt === 2) response.writeHead(503, { 'retry-after': '0' }).end()
    else if (attempt === 3) {
      response.writeHead(206, {
        'content-range': `bytes 0-262143/${image.length}`,
        'content-length': 262_144,
      })
      response.write(Buffer.alloc(10), () => response.destroy())
    } else return false
    return true
  }
  const source = await openHttpSource(server.url, fast)
  assert.deepEqual(Buffer.from(await source.read(0, 64)), Buffer.from(image.subarray(0, 64)))
  assert.equal(attempt, 4)
  server.before = (request) => Boolean(request.destroy())
  server.requests.length = 0
  await assert.rejects(source.read(MIB, 10), has('IMAGE_HTTP_FAILED', /after 5 attempts/))
  assert.equal(server.requests.length, 5)
})

test('a server that sends more than was asked for fills no memory', async () => {
  await using server = await imageServer(image)
  server.before = (_, response) => {
    response.writeHead(206, { 'content-range': `bytes 0-262143/${image.length}` }).end(image)
    return true
  }
  await assert.rejects(
    openHttpSource(server.url, { ...fast, attempts: 2 }),
    has('IMAGE_HTTP_FAILED', /more than/),
  )
})

test('a password in the address goes to the server and into no message', async () => {
  await using server = await imageServer(image)
  const url = server.url.replace('http://', 'http://user:s3cret@')
  const source = await openHttpSource(`${url}?signature=alsosecret`, fast)
  assert.equal(server.requests[0]?.authorization, `Basic ${Buffer.from('user:s3cret').toString('base64')}`)
  assert.doesNotMatch(source.name, /s3cret|alsosecret/)
  server.before = (_, response) => {
    response.writeHead(403).end()
    return true
  }
  await assert.rejects(
    source.read(MIB, 5),
    (error) => isAnnealError(error) && !/secret/.test(JSON.stringify(error)),
  )
})

test('after a redirection the other place is asked, and gets no password', async () => {
  await using server = await imageServer(image)
  await using front = await imageServer(Buffer.of())
  front.before = (_, response) => {
    response.writeHead(302, { location: server.url }).end()
    return true
  }
  const source = await openHttpSource(front.url.replace('http://', 'http://user:s3cret@'))
  await source.read(MIB, 5)
  await source.read(2 * MIB, 5)
  assert.equal(front.requests.length, 1)
  assert.ok(server.requests.every(({ authorization }) => authorization === undefined))
})

test('an empty image and one smaller than the first request are read', async () => {
  await using server = await imageServer(Buffer.of())
  assert.equal((await openHttpSource(server.url)).size, 0)
  server.image = image.subarray(0, 1000)
  const small = await openHttpSource(server.url)
  assert.deepEqual(Buffer.from(await small.read(990, 10)), Buffer.from(image.subarray(990, 1000)))
})

test('an aborted read ends at once and is not repeated', async () => {
  await using server = await imageServer(image)
  const source = await openHttpSource(server.url, fast)
  server.before = () => true
  const controller = new AbortController()
  // Past the cache: what is kept is fetched for everybody.
  const reading = source.read(MIB, MIB, controller.signal)
  controller.abort(new Error('enough'))
  await assert.rejects(reading, /enough/)
  assert.ok(server.requests.length <= 2)
})
