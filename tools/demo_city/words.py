"""Names in the three languages. All places are invented."""

from __future__ import annotations

Name = dict[str, str]


def name(en: str, hans: str, hant: str) -> Name:
    """A name by language tag, as it stands in every declared file."""
    return {"en": en, "zh-Hans": hans, "zh-Hant": hant}


def joined(left: Name, right: Name) -> Name:
    """Two names as one: with a space in English, without one in Chinese."""
    return name(
        f"{left['en']} {right['en']}", left["zh-Hans"] + right["zh-Hans"], left["zh-Hant"] + right["zh-Hant"]
    )


def numbered(base: Name, number: int) -> Name:
    """``base`` with a number behind it."""
    mark = {"en": f" {number}", "zh-Hans": f"{number}号", "zh-Hant": f"{number}號"}
    return {tag: text + mark[tag] for tag, text in base.items()}


CITY = name("Tingpu", "汀浦市", "汀浦市")
RIVER = name("Yao River", "瑶河", "瑤河")
TRIBUTARY = name("Lu Creek", "鹭溪", "鷺溪")
RAILWAY = name("Ting–Lan Railway", "汀澜铁路", "汀瀾鐵路")

DISTRICTS = {
    "north": name("Heyin District", "河阴区", "河陰區"),
    "south": name("Nantang District", "南塘区", "南塘區"),
    "east": name("Dongli New District", "东篱新区", "東籬新區"),
}

STREETS = {
    "north": [
        name("Gulou Subdistrict", "古楼街道", "古樓街道"),
        name("Baihe Subdistrict", "白鹤街道", "白鶴街道"),
        name("Xiqiao Subdistrict", "西桥街道", "西橋街道"),
        name("Dengshan Subdistrict", "灯山街道", "燈山街道"),
    ],
    "south": [
        name("Nantang Subdistrict", "南塘街道", "南塘街道"),
        name("Chezhan Subdistrict", "车站街道", "車站街道"),
        name("Liuyin Subdistrict", "柳荫街道", "柳蔭街道"),
        name("Huangpi Subdistrict", "黄陂里街道", "黃陂里街道"),
        name("Mopan Subdistrict", "磨盘街道", "磨盤街道"),
    ],
    "east": [
        name("Dongli Subdistrict", "东篱街道", "東籬街道"),
        name("Xingang Subdistrict", "新港街道", "新港街道"),
        name("Yunjin Subdistrict", "云锦街道", "雲錦街道"),
    ],
}

_COMMUNITY = name("Community", "社区", "社區")
_PLACES = """
Guqin 古琴 古琴|Shiquan 石泉 石泉|Meiyuan 梅园 梅園|Zhuxi 竹溪 竹溪|Jiangxin 匠心 匠心|Fenglin 枫林 楓林
Yuhua 玉华 玉華|Qingshi 青石 青石|Hehua 荷花 荷花|Shuyuan 书院 書院|Matou 码头 碼頭|Shizi 狮子 獅子
Qinglian 青莲 青蓮|Tieqiao 铁桥 鐵橋|Yanwu 砚屋 硯屋|Songtao 松涛 松濤|Guanlan 观澜 觀瀾|Yuliang 渔梁 漁梁
Huaishu 槐树 槐樹|Lanting 兰亭 蘭亭|Wanghu 望湖 望湖|Beiyuan 北苑 北苑|Changqiao 长桥 長橋|Baita 白塔 白塔
Zhongyuan 钟园 鐘園|Sangyuan 桑园 桑園|Chaoyang 朝旸 朝暘|Jinsha 锦沙 錦沙|Tanwan 潭湾 潭灣|Yanyu 烟雨 煙雨
Liyuan 梨园 梨園|Xinghua 杏华 杏華|Taohua 桃坞 桃塢|Hongye 红叶 紅葉|Luwei 芦苇 蘆葦|Xiangzhang 香樟 香樟
Yueya 月牙 月牙|Canglang 沧浪 滄浪|Shuiche 水车 水車|Binhe 滨河 濱河|Yunti 云梯 雲梯|Kechuang 科创 科創
Fangzhi 纺织 紡織|Yiliao 颐寮 頤寮|Danfeng 丹枫 丹楓
"""
COMMUNITIES = [
    joined(name(*place.split()), _COMMUNITY)
    for place in _PLACES.replace("\n", "|").split("|")
    if place.strip()
]

_ROADS = """
Yingbin 迎宾 迎賓|Tongji 通济 通濟|Guanghua 光华 光華|Wenchang 文昌 文昌|Heping 和坪 和坪|Yucai 育材 育材
Zhongxing 中兴 中興|Anping 安屏 安屏|Renmin 仁敏 仁敏|Shengli 胜里 勝里|Xueyuan 学苑 學苑|Gongye 工冶 工冶
Kaiyuan 开元 開元|Yongning 永宁 永寧|Changning 昌宁 昌寧|Taihe 泰和 泰和|Jinxiu 锦绣 錦繡|Cuizhu 翠竹 翠竹
Longquan 龙泉 龍泉|Fuxing 福星 福星|Xiangyang 向旸 向暘|Chunhui 春晖 春暉|Qiushi 求实 求實|Mingde 明德 明德
Houde 厚德 厚德|Zhiyuan 致远 致遠|Lihua 丽华 麗華|Ruiyun 瑞云 瑞雲|Qingfeng 清风 清風|Mingyue 明月 明月
Huancui 环翠 環翠|Bailu 白鹭 白鷺|Haitang 海棠 海棠|Ziteng 紫藤 紫藤|Yinxing 银杏 銀杏|Furong 芙蓉 芙蓉
Dangui 丹桂 丹桂|Hanmei 寒梅 寒梅|Yulan 玉兰 玉蘭|Shanhu 珊湖 珊湖|Feicui 翡翠 翡翠|Hupo 琥珀 琥珀
Qingyun 青云 青雲|Lanyue 揽月 攬月|Gaoxin 高辛 高辛|Hongqiao 虹桥 虹橋|Tanhua 昙华 曇華|Mudan 牡丹 牡丹
"""
_ROAD_NAMES = [name(*road.split()) for road in _ROADS.replace("\n", "|").split("|") if road.strip()]
_ROAD, _AVENUE = name("Road", "路", "路"), name("Avenue", "大道", "大道")
_LANE, _BRIDGE = name("Street", "街", "街"), name("Bridge", "桥", "橋")


def road_name(index: int, kind: str) -> Name:
    """The name of the grid line ``index``: avenues are arterial, roads collect, streets are local."""
    suffix = {"arterial": _AVENUE, "collector": _ROAD}.get(kind, _LANE)
    return joined(_ROAD_NAMES[index % len(_ROAD_NAMES)], suffix)


UNDERPASS = name("Underpass", "下穿立交", "下穿立交")
POND = name("Detention Pond", "调蓄湖", "調蓄湖")
POND_NAMES = [
    name("Yueya", "月牙", "月牙"),
    name("Baihe", "白鹤", "白鶴"),
    name("Liuyin", "柳荫", "柳蔭"),
    name("Yunjin", "云锦", "雲錦"),
]
STATION = name("Pumping Station", "排涝泵站", "排澇泵站")
STATION_NAMES = [
    name("Yuliang", "渔梁", "漁梁"),
    name("Matou", "码头", "碼頭"),
    name("Mopan", "磨盘", "磨盤"),
    name("Xingang", "新港", "新港"),
    name("Luwei", "芦苇", "蘆葦"),
]
PARK = name("Park", "公园", "公園")
PARK_NAMES = [
    name("Lanting", "兰亭", "蘭亭"),
    name("Fenglin", "枫林", "楓林"),
    name("Huaishu", "槐树", "槐樹"),
    name("Songtao", "松涛", "松濤"),
    name("Sangyuan", "桑园", "桑園"),
    name("Jinsha", "锦沙", "錦沙"),
]
DEPOTS = [
    name("Heyin Flood Depot", "河阴防汛仓库", "河陰防汛倉庫"),
    name("Nantang Flood Depot", "南塘防汛仓库", "南塘防汛倉庫"),
    name("Dongli Flood Depot", "东篱防汛仓库", "東籬防汛倉庫"),
]
