"""What a demonstration district is made of: units, categories, places. None of them exists; all say 演示."""

import re
from typing import NamedTuple

LABEL = "DM"
NAME = "演示区重大项目全程账（DEMO，全部为虚构数据）"
MADE_UP = "（演示）"
"""What every project's name ends with."""
OFFICE, AUDIT, LEADERS = "office", "audit-office", "district-leaders"
COMMERCE, PLANNING, STATISTICS, FINANCE = "bureau-commerce", "bureau-planning", "bureau-statistics", "bureau-finance"
LAND, HOUSING, INDUSTRY, CULTURE = "bureau-land", "bureau-housing", "bureau-industry", "bureau-culture"
MERGED = "bureau-investment"
"""Merged into the bureau of commerce half way through."""
TOWN, PARK = "town-poplar", "park-spruce"


class Unit(NamedTuple):
    code: str
    name: str
    name_en: str
    sort: str


STREETS = tuple(
    Unit(f"street-{en.lower()}", f"演示区{zh}街道办事处", f"{en} Street (DEMO)", "street")
    for zh, en in (
        ("青松", "Pine"),
        ("丹枫", "Maple"),
        ("翠竹", "Bamboo"),
        ("银杏", "Ginkgo"),
        ("玉兰", "Magnolia"),
        ("海棠", "Begonia"),
        ("紫荆", "Redbud"),
        ("腊梅", "Plum"),
        ("芙蓉", "Hibiscus"),
        ("石榴", "Pomegranate"),
    )
)
UNITS = (
    Unit(OFFICE, "演示区重大项目办公室", "Major Projects Office (DEMO)", "office"),
    Unit(LEADERS, "演示区人民政府", "District Government (DEMO)", "office"),
    Unit(AUDIT, "演示区审计局", "Audit Bureau (DEMO)", "department"),
    Unit(COMMERCE, "演示区商务局", "Bureau of Commerce (DEMO)", "bureau"),
    Unit(PLANNING, "演示区发展和改革局", "Bureau of Development and Reform (DEMO)", "bureau"),
    Unit(STATISTICS, "演示区统计局", "Bureau of Statistics (DEMO)", "bureau"),
    Unit(FINANCE, "演示区财政局", "Bureau of Finance (DEMO)", "bureau"),
    Unit(LAND, "演示区自然资源局", "Bureau of Natural Resources (DEMO)", "bureau"),
    Unit(HOUSING, "演示区住房和城乡建设局", "Bureau of Housing (DEMO)", "bureau"),
    Unit(INDUSTRY, "演示区工业和信息化局", "Bureau of Industry (DEMO)", "bureau"),
    Unit(CULTURE, "演示区文化和旅游局", "Bureau of Culture (DEMO)", "bureau"),
    Unit(MERGED, "演示区投资促进局", "Bureau of Investment Promotion (DEMO)", "bureau"),
    *STREETS,
    Unit(TOWN, "演示区白杨镇人民政府", "Poplar Town (DEMO)", "town"),
    Unit(PARK, "演示区云杉现代服务业园区管委会", "Spruce Park (DEMO)", "park"),
)


class Category(NamedTuple):
    """`total`: the smallest and largest total investment, in 万元; `leased`: premises are leased and fitted out."""

    name: str
    weight: int
    industries: tuple[str, ...]
    total: tuple[int, int]
    leads: tuple[str, ...]
    kinds: tuple[str, ...]
    leased: bool = False


EAST, WEST = tuple(u.code for u in STREETS[:5]), tuple(u.code for u in STREETS[5:])
CATEGORIES = (
    Category(
        "老城更新",
        24,
        ("房地产业", "市政工程", "文化旅游"),
        (12_000, 260_000),
        (*EAST, HOUSING),
        ("片区城市更新", "老旧厂区改造", "历史街区修缮", "安置房", "邻里中心改造"),
    ),
    Category(
        "新城开发",
        22,
        ("房地产业", "市政工程", "教育", "卫生"),
        (20_000, 360_000),
        (TOWN, TOWN, *EAST[:3], HOUSING, LAND),
        ("商住综合体", "九年制学校", "社区医院", "主干路网", "生态公园"),
    ),
    Category(
        "西部商圈",
        18,
        ("批发零售", "商务服务", "餐饮住宿"),
        (15_000, 280_000),
        (*WEST, COMMERCE),
        ("购物中心", "步行街提升", "星级酒店", "城市会客厅"),
    ),
    Category(
        "现代服务",
        20,
        ("软件信息", "现代物流", "文化旅游", "科技服务"),
        (3_000, 60_000),
        (PARK, PARK, *WEST, CULTURE, MERGED),
        ("数字产业园", "冷链物流中心", "文创街区", "检验检测中心"),
    ),
    Category(
        "总部经济",
        14,
        ("商务服务", "金融业", "建筑业"),
        (8_000, 120_000),
        (PARK, *EAST[2:5], FINANCE, MERGED),
        ("区域总部", "总部大厦", "金融后台中心"),
        leased=True,
    ),
    Category(
        "服务外包",
        10,
        ("软件信息", "商务服务"),
        (1_500, 20_000),
        (PARK, PARK, INDUSTRY, *WEST[3:]),
        ("呼叫中心", "软件外包基地", "财税共享中心"),
        leased=True,
    ),
)
PLACES = tuple(
    re.findall(
        "...",
        "青松里丹枫园翠竹坊银杏道玉兰湖海棠湾紫荆坊腊梅巷芙蓉洲石榴里白杨滩云杉谷松涛路竹影桥杏林路"
        "桂子坡兰芷街樟荫里柳岸街槐安路荷风苑菊隐村梧桐里桑梓园楠木厅枣林坡榆钱巷柏翠路桐花岭茶香坪",
    )
)
INVESTORS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
TRADES = {
    "房地产业": "置业",
    "市政工程": "城建",
    "文化旅游": "文旅",
    "教育": "教育",
    "卫生": "健康",
    "批发零售": "商业",
    "商务服务": "商务",
    "餐饮住宿": "酒店",
    "软件信息": "软件",
    "现代物流": "物流",
    "科技服务": "科技",
    "金融业": "金服",
    "建筑业": "建设",
}
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻"
GIVEN = "甲乙丙丁戊己庚辛壬癸"
