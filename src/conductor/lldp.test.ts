import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { parseLldpFrame } from './lldp.ts'

const part = (type: number, ...bytes: readonly number[]): readonly number[] => [
  (type << 1) | (bytes.length >> 8),
  bytes.length & 0xff,
  ...bytes,
]
const text = (words: string): readonly number[] => [...new TextEncoder().encode(words)]
const HEADER = [0x01, 0x80, 0xc2, 0, 0, 0x0e, 0x52, 0x54, 0, 1, 2, 3, 0x88, 0xcc]
const CHASSIS = part(1, 4, 0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc)
const frame = (...parts: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from([...HEADER, ...parts.flat()])

describe('a frame of LLDP', () => {
  test('says the switch and its port', () => {
    const heard = frame(
      CHASSIS,
      part(2, 5, ...text('Ethernet1/7')),
      part(3, 0, 120),
      part(5, ...text('tor-1')),
      part(4, ...text('rack 7')),
      [0, 0],
    )
    assert.deepEqual(parseLldpFrame(heard), {
      switchId: '52:54:00:aa:bb:cc',
      portId: 'Ethernet1/7',
      switchName: 'tor-1',
      portDescription: 'rack 7',
    })
    assert.deepEqual(parseLldpFrame(frame(part(1, 7, ...text('local')), part(2, 3, 2, 0, 0, 0, 0, 1))), {
      portId: '02:00:00:00:00:01',
    })
    const tagged = Uint8Array.from([...HEADER.slice(0, 12), 0x81, 0, 0, 5, 0x88, 0xcc, ...CHASSIS])
    assert.equal(parseLldpFrame(tagged)?.switchId, '52:54:00:aa:bb:cc')
  })

  test('that is cut, of another kind or empty says what is whole', () => {
    const heard = frame(CHASSIS, part(5, ...text('tor-1')))
    assert.deepEqual(parseLldpFrame(heard.subarray(0, heard.length - 1)), { switchId: '52:54:00:aa:bb:cc' })
    assert.equal(parseLldpFrame(frame()), undefined)
    assert.equal(parseLldpFrame(Uint8Array.from([...HEADER.slice(0, 12), 8, 0, ...CHASSIS])), undefined)
    assert.deepEqual(parseLldpFrame(frame(part(5, 0x1b, 0x5b, ...text('31mred'), 0))), {
      switchName: '[31mred',
    })
  })

  test('never ends in an error, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        parseLldpFrame(Uint8Array.from([...HEADER, ...bytes]))
        parseLldpFrame(bytes)
      }),
      { numRuns: 500 },
    )
  })
})
