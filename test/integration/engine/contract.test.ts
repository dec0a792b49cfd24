/** What Anneal asks of an engine. Each subject is a file in contract/; one engine of each kind answers all of them. */
import { after, before, describe } from 'node:test'
import type { BedKind } from './bed.ts'
import { imagesAreKept } from './contract/images.ts'
import { programsRunInside } from './contract/inside.ts'
import { containersLive } from './contract/life-of-container.ts'
import { imagesArePulled } from './contract/pulling.ts'
import { wishesArrive } from './contract/what-it-is-given.ts'
import { placesAreRecorded } from './contract/where-it-is.ts'
import { EngineUnderTest } from './engine-under-test.ts'

const KINDS: readonly BedKind[] = ['docker', 'podman']

for (const kind of KINDS) {
  describe(kind, () => {
    const under = new EngineUnderTest(kind)
    before(() => under.open())
    after(() => under.close())
    describe('its images', () => imagesAreKept(under))
    describe('the life of a container', () => containersLive(under))
    describe('what a container is given', () => wishesArrive(under))
    describe('where a container is', () => placesAreRecorded(under))
    describe('inside of containers', () => programsRunInside(under))
    describe('pulling from registries', () => imagesArePulled(under))
  })
}
