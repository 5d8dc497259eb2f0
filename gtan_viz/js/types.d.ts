// Types that several files share. Arrays are flat and row-major; README.md says what they hold.

/** What the typed arrays have in common. */
interface Numbers {
  readonly length: number;
  [index: number]: number;
  subarray(begin?: number, end?: number): Numbers;
  slice(begin?: number, end?: number): Numbers;
  set(from: ArrayLike<number>, at?: number): void;
  fill(value: number, begin?: number, end?: number): Numbers;
  map(each: (value: number, index: number) => number): Numbers;
  filter(keep: (value: number, index: number) => boolean): Numbers;
  reduce(join: (sum: number, value: number) => number, first: number): number;
  forEach(each: (value: number, index: number) => void): void;
  includes(value: number): boolean;
  indexOf(value: number): number;
  [Symbol.iterator](): IterableIterator<number>;
}
type Pooling = "gaussian" | "average" | "cell";
type Merge = "paper" | "union";
type Grouping = "join" | "replace" | "off";
type Ctx = CanvasRenderingContext2D;

// --- an opened file -----------------------------------------------------------------------------

interface Grid {
  stride: number;
  length: number;
  offset: number;
}
interface LayerHeader {
  cells: number;
  channels: number;
  ratios: number[];
}
interface KernelSettings {
  epsilon: number;
  merge: Merge;
  grouping: Grouping;
  pooling: Pooling;
  derivatives: number;
  sigma_unit: string;
  scale: string;
  initial_width: number;
  sigma_floor: number;
  sigma_ceiling: number;
}
interface DetectionSettings {
  alpha1: number;
  alpha2: number;
  labels: string;
  candidates: number;
  rho: number;
  xi: number;
  top_k: number | null;
  min_score: number;
}
interface RunSettings {
  kernels: KernelSettings;
  detection: DetectionSettings;
  loss: { background: number; foreground: number };
  data: { dataset: string };
  network: { feature_dim: number };
}
interface Header {
  format: string;
  version: number;
  recording: string;
  duration: number;
  step: number;
  subset: string;
  classes: string[];
  window: number;
  grid: Grid;
  layers: LayerHeader[];
  signal: { rate: number; names: string[] };
  settings: RunSettings;
}
interface CandidateTable {
  count: number;
  segments: Float64Array;
  scores: Float64Array;
  labels: Int32Array;
  source: Int32Array;
}
/** What was read, or what recompute.js made of it, under the same names. */
interface View {
  header: Header;
  arrays: Record<string, Numbers>;
  origin?: View;
  changed?: boolean;
  missing?: string | null;
  candidates?: CandidateTable;
  dropped?: number;
  live?: [number, number];
  partial?: boolean;
}
interface Recomputed extends View {
  origin: View;
  changed: boolean;
  missing: string | null;
  candidates: CandidateTable;
  dropped: number;
  live: [number, number];
  partial: boolean;
}
interface Trace {
  // biome-ignore lint/suspicious/noExplicitAny: JSON that the schema was held to
  index: any;
  steps: Numbers;
  layers: { cells: number; sigmas: Numbers; state: Numbers; mixed: Numbers }[];
  windows: { recording: string; start: number }[];
}
interface Segment {
  start: number;
  end: number;
}

// --- what is on screen --------------------------------------------------------------------------

interface KernelName {
  window: number;
  layer: number;
  cell: number;
  mixed: boolean;
}
interface SceneLayer {
  number: number;
  cells: number;
  count: number;
  window: Int32Array;
  center: Float64Array;
  half: Float64Array;
  sigma: Float64Array;
  width: Float64Array;
  mixed: Uint8Array;
  exists: Uint8Array;
  owned: Uint8Array;
  changed: Uint8Array;
  state: Int8Array;
  proposal: Int32Array;
  broken: number;
  mixedCount: number;
  offsets: Numbers;
  memberOffsets: Numbers;
  members: Numbers;
  truthOffsets?: Numbers;
  truths?: Numbers;
}
interface DetectionTable {
  count: number;
  start: Float64Array;
  end: Float64Array;
  label: Numbers;
  score: Numbers;
  ranking: Numbers;
  window: Int32Array;
  layer: Int32Array;
  row: Int32Array;
  ratio: Int32Array;
}
interface TruthTable {
  count: number;
  start: Float64Array;
  end: Float64Array;
  label: Numbers;
}
interface WindowSpan extends Segment {
  ownedStart: number;
  ownedEnd: number;
}
interface Scene {
  header: Header;
  duration: number;
  classes: string[];
  windows: WindowSpan[];
  layers: SceneLayer[];
  detections: DetectionTable;
  truth: TruthTable;
  /** The view it was made of; a traced scene has none. */
  view: View | null;
  traced: boolean;
}
interface TracedScene extends Scene {
  position: number;
  moveTo(position: number): void;
}
interface Hits {
  /** The truth that each detection hit, -1 for none. */
  hit: Int32Array;
  /** Its tIoU with the closest truth of its label. */
  best: Float64Array;
  /** What it is: a place in VERDICTS of results.js. */
  kind: Uint8Array;
  /** The detection that hit each truth, -1 for none. */
  by: Int32Array;
}
/** What the detections of a recording are, counted. */
interface Results {
  shown: number;
  hits: number;
  duplicates: number;
  wrongLabel: number;
  background: number;
  missed: number;
  mAP: number | null;
  hitsOfMixed: number;
}
/** What a what-if brought and took: 1 for such a detection. */
interface Turnover {
  appeared: Uint8Array;
  vanished: Uint8Array;
}
/** What differs from what was learned, as the traits name it: lengths in cells. */
interface WhatIf {
  sigma_factor?: number;
  epsilon?: number;
  ratio_scale?: number;
  xi?: number;
  rho?: number;
  merge?: Merge;
  grouping?: Grouping;
  kernels?: Record<string, { sigma?: number; center?: number }>;
}
interface SelectedKernel extends KernelName {
  kind: "kernel" | "detection";
  ratio?: number;
  label?: number;
}
type Selected = SelectedKernel | { kind: "detection"; detection: number; layer?: undefined };
interface Focus extends KernelName, Segment {
  kind: "kernel" | "detection";
  ratio: number | undefined;
  row: number;
  shownRow: number;
  scene: Scene;
  detection: number;
  whatDetection: number;
  label: number;
  key: string;
}
/** One kernel at one ratio in one view. */
interface KernelFacts {
  layer: number;
  row: number;
  ratio: number;
  label: number;
  scores: Float64Array | null;
  overlap: number | null;
  refined: Segment | null;
  window: number;
  cell: number;
  mixed: boolean;
  members: number[];
  name: string;
  exists: boolean;
  cells: number;
  cellSeconds: number;
  center: number;
  sigma: number;
  width: number;
  ratioValue: number;
  boundary: Segment;
  offsets: ArrayLike<number> | null;
  ranking: number | null;
  weights: Float64Array;
  pooled: Float64Array | null;
  pooling: Pooling;
  derivatives: number;
  features: Numbers | null;
  valid: Numbers;
  detection: number;
  score: number | null;
  after: string;
  truthText: string;
  /** Why it does not show as a detection; empty where it does. */
  reason: string;
}
type Explained = "class" | "start" | "end" | "overlap";
/** An output of one kernel as a sum over cells. */
interface Evidence {
  kernel: KernelFacts;
  explained: Explained;
  /** The class it is held against, -1: background. */
  rival: number;
  bias: number;
  /** What each cell says, order by order; brings under the weights; would bring alone. */
  says: Float64Array[];
  brings: Float64Array;
  alone: Float64Array;
  weights: Float64Array;
  orders: Float64Array[];
  byOrder: number[];
  sum: number;
  /** Brought as learned, beside a what-if. */
  learned: Float64Array | null;
  learnedWeights: Float64Array | null;
  /** The sum if sigma were a quarter wider, narrower. */
  wider: number | null;
  narrower: number | null;
  /** The cells on screen, the last one exclusive. */
  from: number;
  to: number;
}
interface Channel {
  channel: number;
  share: number;
  most: number;
}
interface Facts {
  learned: KernelFacts | null;
  whatif: KernelFacts | null;
  classes: string[];
  story: string[];
  spoken: string;
}
/** A proposal about an action that was missed. */
interface MissedRow extends KernelName {
  ratio: number;
  name: string;
  refined: Segment;
  tiou: number;
  /** Its score of the action's class, Eq. 10. */
  ranking: number;
  stage: import("./state/stopped.js").Stage;
  /** How far it got: the number of stages that it passed, and a part of one. */
  progress: number;
  /** The score with which it fires, where only its boundary is off. */
  fires: number | null;
  /** What stopped it, as a clause. */
  reason: string;
  /** Window, layer, row and ratio of the detection that lowered it. */
  source: number[] | null;
}
/** The action that was chosen: the detection that found it, -1 if it was missed, or what came near. */
interface Missed {
  truth: number;
  by: number;
  rows: MissedRow[];
  story: string;
}
interface Fading {
  text: string;
  by: (Segment & { label: number; source: number[]; iou: number; factor: number })[];
}
interface Heat {
  pixels: Uint8ClampedArray<ArrayBuffer>;
  columns: number;
  low: number;
  high: number;
  cells: number;
  steps: number;
}
/** Something that happened while training. */
interface TrainingEvent {
  /** A place among the trace's steps. */
  frame: number;
  step: number;
  text: string;
}
interface Palette {
  dark: boolean;
  bg: string;
  panel: string;
  raised: string;
  fg: string;
  muted: string;
  faint: string;
  line: string;
  accent: string;
  accentSoft: string;
  learned: string;
  whatif: string;
  select: string;
  truth: string;
  warn: string;
  background: string;
}
interface Colors extends Palette {
  places: number[];
}
interface GroupStep {
  first: number;
  cell: number;
  baseCenter: number;
  baseWidth: number;
  intersection: number;
  union: number;
  iou: number;
  merged: boolean;
  center: number;
  width: number;
  line: number;
  lines: readonly number[];
}
interface Group {
  members: number[];
  center: number;
  width: number;
}
interface GroupingRun {
  view: View;
  window: number;
  layer: number;
  groups: Group[];
  steps: GroupStep[];
  /** The step to begin at: where something happens. */
  begin: number;
}
interface Decay {
  index: number;
  by: number;
  iou: number;
  exponent: number;
  factor: number;
  before: number;
  after: number;
}
interface NmsStep {
  pick: number;
  score: number;
  decayed: Decay[];
}
interface NmsResult {
  indices: Int32Array;
  scores: Float64Array;
  steps: NmsStep[];
  why: (index: number) => { picked: number; score: number; decays: Decay[] };
}
interface NmsRun extends NmsResult {
  view: View;
  candidates: CandidateTable;
}
/** The video of a recording. */
interface Footage {
  of: string;
  url: string;
}
interface CatalogueEntry {
  recording: string;
  duration: number;
  steps: number[];
  subset?: string;
}

/** What is chosen, by a hand or by a host. */
interface Inputs {
  catalogue: CatalogueEntry[];
  host: string;
  /** The Explanation opened last: truth, signal and windows are its at every step. */
  opened: View | null;
  /** Other steps of which everything was kept, as far as they were needed. */
  past: View[];
  /** Whether the step on screen is one of which only sigmas were kept. */
  gliding: boolean;
  settings: WhatIf;
  /** What there was when the hand last rested. */
  rested: { settings: WhatIf; whatView: View | null; facts: Facts | null } | null;
  /** Views whose feature maps could not be had. */
  refused: View[];
  asking: boolean;
  layer: number;
  /** Null: every window shows the part it owns. */
  window: number | null;
  /** Seconds. */
  view: [number, number];
  selection: Selected | null;
  tiou: number;
  score: number;
  trace: Trace | null;
  /** A place among the trace's steps; between two of them while it plays. */
  frame: number;
  playing: boolean;
  compare: number | null;
  foregroundOnly: boolean;
  tab: string;
  /** A step of Algorithm 1 that was gone to, while the kernel of this key was selected. */
  groupWish: { layer: number; window: number; step: number; of: string | null } | null;
  /** A pick of soft-NMS that was gone to, likewise. */
  nmsWish: { step: number; of: string | null } | null;
  theme: string;
  palette: Palette;
  message: string;
  cut: boolean; // no kernel answers
  footage: Footage | null;
  /** Seconds, as the video says. */
  time: number;
  /** Whether the video runs. */
  running: boolean;
  speed: number;
  looping: boolean;
  /** Whether what fires is named on the picture. */
  named: boolean;
  /** The truth that was jumped to; null where a detection or a kernel was chosen since. */
  chosenTruth: number | null;
  /** Seconds that are selected in another run beside this one, where nothing of this run is. */
  beside: Segment | null;
  /** Which output the evidence is of. */
  explained: Explained;
  /** The cell that was asked about, of the kernel of this key. */
  lit: { key: string; cell: number } | null;
  /** Blocks of the "why" column that are open. */
  unfolded: string[];
  /** Panels that a link left out; and, unless it is empty, all that it left. */
  hide: string[];
  show: string[];
  /** The stop of the tour, from 1; 0: it is offered; null: it is over. */
  tour: number | null;
  /** The detection that it follows. */
  tourSelection: SelectedKernel | null;
  /** Pixels of the layers' rows that are not as usual, by layer. */
  rowHeights: Record<string, number>;
}
/** What follows from it: derive.js. */
interface Derived {
  /** What is opened, without what an exercise leaves out. */
  asked: View | null;
  explanation: View | null;
  backdrop: Scene | null;
  traced: [number, number] | null;
  tracedScene: TracedScene | null;
  comparedScene: TracedScene | null;
  scene: Scene | null;
  recording: string | null;
  step: number | null;
  fullSteps: number[];
  allSteps: number[];
  places: number[];
  colors: Colors;
  canPredict: boolean;
  live: [number, number] | null;
  whatView: Recomputed | null;
  whatif: Scene | null;
  /** Beside a step of which only sigmas were kept: the nearest one with everything. */
  ghost: View | null;
  /** Which step that is; empty where nothing of another step is on screen. */
  ghostNote: string;
  /** What is opened, or the ghost: whose detections, scores and evidence are shown. */
  told: View | null;
  toldScene: Scene | null;
  hits: Hits | null;
  whatHits: Hits | null;
  results: Results | null;
  /** Null, too, while the far windows of a what-if have not followed. */
  whatResults: Results | null;
  turnover: Turnover | null;
  lanes: import("./state/lanes.js").Lanes | null;
  openLanes: import("./state/lanes.js").Lanes | null;
  whatLanes: import("./state/lanes.js").Lanes | null;
  /** Lanes of each class, of the what-if at which the hand last rested. */
  restedLanes: Uint8Array | null;
  rows: import("./state/lanes.js").Row[];
  stripRows: import("./state/strip_rows.js").StripRow[];
  widthScale: import("./state/strip_rows.js").WidthScale;
  groupingFacts: ReturnType<typeof import("./state/grouping_facts.js").groupingFacts> | null;
  /** The IoU that no two neighbouring kernels exceed. */
  mergeLimit: number | null;
  focus: Focus | null;
  toldFocus: Focus | null;
  band: (number | undefined)[] | null;
  facts: Facts | null;
  evidence: Evidence | null;
  channels: Channel[];
  litCell: number | null;
  /** Seconds of the cell that was asked about. */
  litSpan: Segment | null;
  fading: Fading | null;
  /** Null, too, while a what-if moves. */
  missed: Missed | null;
  windowSpan: WindowSpan | null;
  sigmaScale: import("./state/sigma_scale.js").SigmaScale | null;
  events: TrainingEvent[];
  lastEvent: TrainingEvent | null;
  heat: Heat | null;
  reference: Scene | null;
  steppedView: View | null;
  grouping: GroupingRun | null;
  groupStep: number;
  nmsStep: number;
  nms: NmsRun | null;
  /** The address of the video of what is open. */
  video: string | null;
  now: { detections: number[]; truths: number[] } | null;
  /** What the video can loop over: the truth or whatever else is chosen. */
  aim: Segment | null;
}
type State = Readonly<Inputs & Derived>;
interface Store {
  state: State;
  set(patch: Partial<Inputs>): void;
  /** Runs it once a frame if anything that it read has changed; what it returns does so at once. */
  draw(drawing: () => void): () => void;
  /** Asks for a frame. */
  soon(): void;
  flush(): void;
  stop(): void;
}
interface Panel {
  canvas: HTMLCanvasElement;
  readonly width: number;
  readonly height: number;
  paint(ctx: Ctx, width: number, state?: State): void;
  stop(): void;
}
/** As much of anywidget's model as is used; the page has one of its own (model/host.js). */
interface HostModel {
  // biome-ignore lint/suspicious/noExplicitAny: traits are of many types
  get(name: string): any;
  set(name: string, value: unknown): void;
  // biome-ignore lint/suspicious/noExplicitAny: of an event
  on(event: string, listener: (...args: any[]) => void): void;
  // biome-ignore lint/suspicious/noExplicitAny: of an event
  off(event?: string | null, listener?: ((...args: any[]) => void) | null): void;
  save_changes(): void;
  /** In a notebook alone. */
  send?(message: unknown): void;
  widget_manager?: { get_model(id: string): Promise<HostModel> };
}
