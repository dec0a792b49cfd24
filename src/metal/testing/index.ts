export { sampleDisk, sampleFlavor, sampleNode, sampleTrio } from './samples.ts'
