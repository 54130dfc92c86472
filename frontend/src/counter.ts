import { ChatRoom } from "./chat/room";
import { startLive } from "./live/start";
import { startAgain } from "./page/again";
import { startBadge } from "./page/badge";
import { startDisplay } from "./page/display";
import { startEmbed } from "./page/embed";
import { startFrame } from "./page/frame";

customElements.define("chat-room", ChatRoom);
startFrame();
startDisplay();
startBadge();
startAgain();
startEmbed();
startLive();
