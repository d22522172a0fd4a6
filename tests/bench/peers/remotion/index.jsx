// The job as a Remotion composition: what its documentation recommends for photos, clips, captions and sound.
import React from 'react';
import {
  AbsoluteFill, Audio, Composition, Img, OffthreadVideo, Sequence, registerRoot, staticFile, useCurrentFrame,
} from 'remotion';
import job from '../public/job.json';

const frames = (seconds) => Math.round(seconds * job.fps);
const unit = job.height / 100;

const Photo = ({scene}) => {
  const along = useCurrentFrame() / (frames(scene.seconds) - 1);
  const [zoom, x, y] = scene.camera[0].map((first, index) => first + (scene.camera[1][index] - first) * along);
  const left = job.width / 2 - x * job.width * zoom;
  const top = job.height / 2 - y * job.height * zoom;
  const transform = `translate(${left}px,${top}px) scale(${zoom})`;
  return (
    <AbsoluteFill style={{overflow: 'hidden'}}>
      <Img
        src={staticFile(scene.media)}
        style={{width: '100%', height: '100%', objectFit: 'cover', transformOrigin: '0 0', transform}}
      />
    </AbsoluteFill>
  );
};

const outlined = (size) => ({
  font: `bold ${size * unit}px Inter, sans-serif`,
  color: 'white',
  WebkitTextStroke: `${0.5 * unit}px black`,
  paintOrder: 'stroke fill',
});

const Scene = ({scene, first}) => {
  const frame = useCurrentFrame();
  const time = scene.start + frame / job.fps;
  const opacity = first ? 1 : Math.min(1, (frame + 0.5) / frames(job.fade));
  const group = scene.captions.find((words) => time >= words[0].start && time < words.at(-1).end);
  const shown = Math.max(0, Math.min(1, (time - scene.title_start) / 0.35, (scene.title_end - time) / 0.35));
  return (
    <AbsoluteFill style={{opacity, backgroundColor: 'black'}}>
      {scene.camera ? (
        <Photo scene={scene} />
      ) : (
        <OffthreadVideo
          muted
          src={staticFile(scene.media)}
          style={{width: '100%', height: '100%', objectFit: 'cover'}}
        />
      )}
      {shown > 0 && (
        <div style={{...outlined(6.5), position: 'absolute', left: 8 * unit, top: 9 * unit, opacity: shown}}>
          {scene.title}
        </div>
      )}
      {group && (
        <div style={{...outlined(5.2), position: 'absolute', bottom: 8 * unit, width: '100%', textAlign: 'center'}}>
          {group.map((word, index) => (
            <span key={index} style={{color: time >= word.start && time < word.end ? '#FFCC00' : 'white'}}>
              {word.text}{' '}
            </span>
          ))}
        </div>
      )}
    </AbsoluteFill>
  );
};

const Main = () => (
  <AbsoluteFill style={{backgroundColor: 'black'}}>
    {job.scenes.map((scene, index) => (
      <Sequence key={index} from={frames(scene.start)} durationInFrames={frames(scene.seconds)}>
        <Scene scene={scene} first={index === 0} />
      </Sequence>
    ))}
    <Audio src={staticFile('narration.wav')} />
    <Audio src={staticFile('music.wav')} volume={0.15} />
  </AbsoluteFill>
);

registerRoot(() => (
  <Composition
    id="main"
    component={Main}
    width={job.width}
    height={job.height}
    fps={job.fps}
    durationInFrames={job.frames}
  />
));
