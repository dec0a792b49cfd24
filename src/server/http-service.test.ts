import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { isAnnealError } from '../core/index.ts'
import { startHttpService } from './http-service.ts'

/** What a service of one route answers to bytes, until it closes the connection. */
async function answerTo(bytes: string): Promise<string> {
  await using service = await startHttpService({
    address: '127.0.0.1',
    port: 0,
    rootPath: '/',
    mostBodyBytes: 1000,
    routes: { 'POST /echo': async (request) => ({ status: 200, body: await request.text() }) },
    replyTo: (error) => ({ status: 400, body: isAnnealError(error) ? error.code : 'no code' }),
    missing: ({ path }) => ({ status: 404, body: `nothing at ${path}` }),
  })
  return await new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(service.port, '127.0.0.1', () => socket.write(bytes))
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text))
    socket.on('close', () => resolve(answer)).on('error', reject)
  })
}

const post = (path: string, length: number, body: string): string =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\n${body}`

describe('an HTTP service', () => {
  test('answers a body that fits', async () => {
    assert.match(await answerTo(post('/echo/', 4, 'said')), /^HTTP\/1\.1 200 .*\r\n\r\nsaid$/s)
  })

  test('refuses a body that is too large while it still comes, and ends the connection', async () => {
    const keeping = post('/echo', 1e6, 'x'.repeat(2000)).replace('connection: close\r\n', '')
    assert.match(await answerTo(keeping), /^HTTP\/1\.1 400 .*connection: close.*BODY_TOO_LARGE$/is)
  })

  test('lives through a path that is no address, and a request without a host', async () => {
    assert.match(await answerTo(post('//', 0, '')), /nothing at \/$/)
    assert.match(await answerTo(post('http://[/', 0, '')), /REQUEST_INVALID$/)
    assert.match(await answerTo(post('*', 0, '')), /REQUEST_INVALID$/)
    assert.match(await answerTo('GET / HTTP/1.1\r\nconnection: close\r\n\r\n'), /REQUEST_INVALID$/)
  })

  test('answers what is no HTTP in its own words', async () => {
    assert.match(await answerTo('NONSENSE\r\n\r\n'), /^HTTP\/1\.1 400 .*REQUEST_INVALID$/s)
    const large = `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`
    assert.match(await answerTo(large), /^HTTP\/1\.1 431 .*REQUEST_INVALID$/s)
  })
})
